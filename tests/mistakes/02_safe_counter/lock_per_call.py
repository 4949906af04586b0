"""Every call makes a lock of its own, so nobody ever meets anybody.

expect: race
test: test_two_increments*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._value = 0

    def increment(self, by=1):
        with Lock():
            self._value += by

    def decrement(self, by=1):
        with Lock():
            self._value -= by

    @property
    def value(self):
        with Lock():
            return self._value
