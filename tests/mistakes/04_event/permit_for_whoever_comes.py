"""Set gives permits to a semaphore that all rounds share: who comes after clear can take one that is not its own.

expect: stalled, failure, race
test: test_who_comes_after_clear_does_not*
"""

from threading import Lock, Semaphore


class Event:
    def __init__(self):
        self._lock = Lock()
        self._permits = Semaphore(0)
        self._waiting = 0
        self._flag = False

    def set(self):
        with self._lock:
            self._flag = True
            for _ in range(self._waiting):
                self._permits.release()
            self._waiting = 0

    def clear(self):
        with self._lock:
            self._flag = False

    def is_set(self):
        with self._lock:
            return self._flag

    def wait(self, timeout=None):
        with self._lock:
            if self._flag:
                return True
            self._waiting += 1
        if self._permits.acquire(timeout=timeout):
            return True
        with self._lock:
            if self._waiting:
                self._waiting -= 1
                return False
        return self._permits.acquire(blocking=False)
