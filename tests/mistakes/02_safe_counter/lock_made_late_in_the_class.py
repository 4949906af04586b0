"""One lock for all counters, made by the first who needs it: two threads that come at once make two.

expect: race
test: test_two_increments*
"""

import threading


class SafeCounter:
    _lock = None

    def __init__(self):
        self._n = 0

    @classmethod
    def _guard(cls):
        if cls._lock is None:
            cls._lock = threading.Lock()
        return cls._lock

    def increment(self, by=1):
        with self._guard():
            self._n += by

    def decrement(self, by=1):
        with self._guard():
            self._n -= by

    @property
    def value(self):
        with self._guard():
            return self._n
