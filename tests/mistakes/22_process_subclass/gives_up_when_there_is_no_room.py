"""Waits two seconds for room, then leaves the square out.

expect: failure
test: test_room_in_the_queue*
"""

from contextlib import suppress
from multiprocessing import Process
from queue import Full


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self._numbers = list(numbers)
        self._results = results

    def run(self):
        for number in self._numbers:
            with suppress(Full):
                self._results.put(number * number, timeout=2)
