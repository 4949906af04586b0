"""An early return between acquire() and release() keeps the lock.

expect: self-deadlock
test: test_an_update_by_zero*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        self._lock.acquire()
        if by == 0:
            return
        try:
            self._value += by
        finally:
            self._lock.release()

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        with self._lock:
            return self._value
