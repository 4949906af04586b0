"""The lock covers the reading only; the new value is written after it was given back.

expect: race
test: test_two_increments*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        with self._lock:
            current = self._value
        self._value = current + by

    def decrement(self, by=1):
        with self._lock:
            current = self._value
        self._value = current - by

    @property
    def value(self):
        with self._lock:
            return self._value
