"""Puts the squares when start is called, in the parent, and leaves the process nothing to do.

expect: failure
test: test_the_work_is_done*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results

    def start(self):
        super().start()
        for number in self.numbers:
            self.results.put(number * number)

    def run(self):
        pass
