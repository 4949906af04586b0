"""Waits a second for room, again and again, and puts the square when there is some."""

from multiprocessing import Process
from queue import Full


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self._numbers = list(numbers)
        self._results = results

    def run(self):
        for number in self._numbers:
            self._put(number * number)

    def _put(self, square):
        while True:
            try:
                self._results.put(square, timeout=1)
            except Full:
                continue
            return
