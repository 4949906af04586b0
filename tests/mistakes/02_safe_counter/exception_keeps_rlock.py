"""An exception keeps the lock, and an RLock hides it from the thread that holds it.

expect: deadlock-cycle, abandoned-lock, stalled
test: test_a_failed_update_does_not_block_another_thread
"""

from threading import RLock


class SafeCounter:
    def __init__(self):
        self._lock = RLock()
        self._value = 0

    def increment(self, by=1):
        self._lock.acquire()
        self._value += by
        self._lock.release()

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        return self._value
