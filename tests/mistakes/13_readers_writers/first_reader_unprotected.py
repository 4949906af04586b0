"""The first reader takes the room for all, but who is the first is not decided under a lock.

expect: race, stalled, self-deadlock, deadlock-cycle, abandoned-lock
test: test_two_readers_are_inside_together
"""

import threading
from contextlib import contextmanager


class ReadWriteLock:
    def __init__(self):
        self._turnstile = threading.Lock()
        self._room = threading.Semaphore(1)
        self._readers = 0
        self._mine = threading.local()

    @contextmanager
    def reading(self):
        with self._turnstile:
            pass
        self._readers += 1
        if self._readers == 1:
            self._room.acquire()
        self._mine.reading = True
        try:
            yield
        finally:
            self._mine.reading = False
            self._readers -= 1
            if self._readers == 0:
                self._room.release()

    @contextmanager
    def writing(self):
        if getattr(self._mine, "reading", False):
            raise RuntimeError("no upgrade")
        with self._turnstile, self._room:
            yield
