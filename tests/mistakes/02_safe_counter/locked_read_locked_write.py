"""Reading is locked and writing is locked, but not together: the value is checked, then set.

expect: race
test: test_two_increments*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        self._set(self.value + by)

    def decrement(self, by=1):
        self._set(self.value - by)

    @property
    def value(self):
        with self._lock:
            return self._value

    def _set(self, value):
        with self._lock:
            self._value = value
