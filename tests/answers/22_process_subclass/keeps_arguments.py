"""Hands the arguments to Process, as its own args, and finds them there in run."""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__(args=(list(numbers), results))

    def run(self):
        numbers, results = self._args
        for n in numbers:
            results.put(n * n)
