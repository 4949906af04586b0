"""Set gives as many permits as there are waiters, on the semaphore of this round; clear does not touch it."""

import threading


class Event:
    def __init__(self):
        self._mutex = threading.Lock()
        self._is_set = False
        self._new_round()

    def _new_round(self):
        self._gate = threading.Semaphore(0)
        self._waiting = 0

    def set(self):
        with self._mutex:
            self._is_set = True
            if self._waiting:
                self._gate.release(self._waiting)
            self._new_round()

    def clear(self):
        with self._mutex:
            self._is_set = False

    def is_set(self):
        return self._is_set

    def wait(self, timeout=None):
        with self._mutex:
            if self._is_set:
                return True
            self._waiting += 1
            gate = self._gate
        if gate.acquire(timeout=timeout):
            return True
        with self._mutex:
            if gate is not self._gate:
                return True
            self._waiting -= 1
            return False
