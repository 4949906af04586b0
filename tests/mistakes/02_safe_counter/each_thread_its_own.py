"""Keeps the number in a `threading.local`, where each thread finds only what it has counted itself.

expect: race, failure
test: test_two_increments_at_once_are_both_counted
"""

import threading


class SafeCounter:
    def __init__(self):
        self._mine = threading.local()

    def increment(self, by=1):
        self._mine.value = self.value + by

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        return getattr(self._mine, "value", 0)
