"""Asks for the lock without waiting, and forgets the update when somebody else has it.

expect: race
test: test_two_increments*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        if self._lock.acquire(blocking=False):
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
