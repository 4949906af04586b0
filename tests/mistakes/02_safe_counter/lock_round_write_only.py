"""The lock covers the writing only; the value was read before.

expect: race
test: test_two_increments*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        new = self._value + by
        with self._lock:
            self._value = new

    def decrement(self, by=1):
        new = self._value - by
        with self._lock:
            self._value = new

    @property
    def value(self):
        with self._lock:
            return self._value
