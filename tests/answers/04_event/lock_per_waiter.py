"""Each waiter sleeps on a lock of its own, which set opens."""

import threading


class Event:
    def __init__(self):
        self._guard = threading.Lock()
        self._up = False
        self._sleepers = []

    def set(self):
        with self._guard:
            self._up = True
            for bed in self._sleepers:
                bed.release()
            self._sleepers.clear()

    def clear(self):
        with self._guard:
            self._up = False

    def is_set(self):
        with self._guard:
            return self._up

    def wait(self, timeout=None):
        with self._guard:
            if self._up:
                return True
            bed = threading.Lock()
            bed.acquire()
            self._sleepers.append(bed)
        if timeout is None:
            bed.acquire()
            return True
        if bed.acquire(timeout=timeout):
            return True
        with self._guard:
            if bed in self._sleepers:
                self._sleepers.remove(bed)
                return False
            return True  # woken in the last moment
