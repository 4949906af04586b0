"""acquire() and release() without finally: an exception between them keeps the lock for ever.

expect: self-deadlock, deadlock-cycle
test: test_a_failed_update*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        self._lock.acquire()
        self._value += by
        self._lock.release()

    def decrement(self, by=1):
        self._lock.acquire()
        self._value -= by
        self._lock.release()

    @property
    def value(self):
        with self._lock:
            return self._value
