"""Ups and downs are counted apart, and value reads the two without the lock.

expect: race
test: test_a_reader_sees_only_values*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._ups = 0
        self._downs = 0

    def increment(self, by=1):
        with self._lock:
            self._ups += by

    def decrement(self, by=1):
        with self._lock:
            self._downs += by

    @property
    def value(self):
        return self._ups - self._downs
