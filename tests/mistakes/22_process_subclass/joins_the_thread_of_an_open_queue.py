"""Joins the thread of the queue, which is still open: that raises.

expect: lost-exception
test: test_the_work_is_done*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self._numbers = list(numbers)
        self._results = results

    def run(self):
        for number in self._numbers:
            self._results.put(number * number)
        self._results.join_thread()
