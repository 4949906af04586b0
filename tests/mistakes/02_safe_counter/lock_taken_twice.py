"""decrement takes the lock and calls increment, which takes it again.

expect: self-deadlock
test: test_counts_up_and_down
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        with self._lock:
            self._value += by

    def decrement(self, by=1):
        with self._lock:
            self.increment(-by)

    @property
    def value(self):
        with self._lock:
            return self._value
