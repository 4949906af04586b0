"""A set of those who wait, each with a semaphore of its own; who gives up takes his own out again."""

import threading


class Event:
    def __init__(self):
        self._guard = threading.Lock()
        self._up = False
        self._waiting = set()

    def is_set(self):
        return self._up

    def set(self):
        with self._guard:
            self._up = True
            while self._waiting:
                self._waiting.pop().release()

    def clear(self):
        with self._guard:
            self._up = False

    def wait(self, timeout=None):
        with self._guard:
            if self._up:
                return True
            mine = threading.Semaphore(0)
            self._waiting.add(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._guard:
            gave_up = mine in self._waiting
            self._waiting.discard(mine)
        return not gave_up
