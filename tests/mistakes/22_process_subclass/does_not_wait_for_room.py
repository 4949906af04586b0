"""Puts without waiting for room: a queue with a limit refuses the second square.

expect: failure
test: test_a_queue_that_is_full*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self._numbers = list(numbers)
        self._results = results

    def run(self):
        for n in self._numbers:
            self._results.put_nowait(n * n)
