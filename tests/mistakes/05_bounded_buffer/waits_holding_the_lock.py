"""Waits for the semaphore inside the mutex, so that nobody can come in and release it.

expect: deadlock-cycle, stalled
test: test_a_put_into_a_full_buffer_waits_until_there_is_room
"""

from collections import deque
from threading import Lock, Semaphore


class Closed(Exception):
    pass


class Full(Exception):
    pass


class Empty(Exception):
    pass


class BoundedBuffer:
    def __init__(self, capacity):
        self._mutex = Lock()
        self._room = Semaphore(capacity)
        self._filled = Semaphore(0)
        self._items = deque()
        self._closed = False

    def put(self, item, timeout=None):
        with self._mutex:
            if not self._room.acquire(timeout=timeout):
                raise Full
            if self._closed:
                raise Closed
            self._items.append(item)
            self._filled.release()

    def get(self, timeout=None):
        with self._mutex:
            if not self._filled.acquire(timeout=timeout):
                raise Empty
            if not self._items:
                self._filled.release()
                raise Closed
            self._room.release()
            return self._items.popleft()

    def close(self):
        with self._mutex:
            self._closed = True
            self._room.release()
            self._filled.release()

    def __len__(self):
        return len(self._items)
