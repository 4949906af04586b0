"""Who gives up does not look whether a place was handed over at the last moment.

expect: race
test: test_a_place_that_comes_at_the_last_moment*
"""

from __future__ import annotations

import threading
from collections import deque


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError("value must not be negative")
        self._lock = threading.Lock()
        self._count = value
        self._queue = deque()

    def acquire(self, blocking=True, timeout=None):
        if timeout is not None and not blocking:
            raise ValueError("timeout makes no sense without blocking")
        with self._lock:
            if self._count > 0:
                self._count -= 1
                return True
            if not blocking:
                return False
            ticket = threading.Lock()
            ticket.acquire()
            self._queue.append(ticket)
        if ticket.acquire(timeout=-1 if timeout is None else max(0, timeout)):
            return True
        with self._lock:
            if ticket in self._queue:
                self._queue.remove(ticket)
            return False

    def release(self, n=1):
        if n < 1:
            raise ValueError("n must be at least 1")
        with self._lock:
            for _ in range(n):
                if self._queue:
                    self._queue.popleft().release()
                else:
                    self._count += 1

    @property
    def value(self):
        with self._lock:
            return self._count

    __enter__ = acquire

    def __exit__(self, *_):
        self.release()
