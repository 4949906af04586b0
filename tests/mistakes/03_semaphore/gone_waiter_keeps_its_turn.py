"""Leaves its lock in the line when its time is over: the next release hands the place to somebody who has left.

expect: failure, stalled
test: test_who_gave_up*
"""

from __future__ import annotations

import threading
from collections import deque


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError
        self._value = value
        self._lock = threading.Lock()
        self._line = deque()

    def acquire(self, blocking=True, timeout=None):
        if not blocking and timeout is not None:
            raise ValueError
        with self._lock:
            if self._value > 0:
                self._value -= 1
                return True
            if not blocking:
                return False
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        return mine.acquire(timeout=-1 if timeout is None else timeout)

    def release(self, n=1):
        if n < 1:
            raise ValueError
        with self._lock:
            for _ in range(n):
                if self._line:
                    self._line.popleft().release()
                else:
                    self._value += 1

    @property
    def value(self):
        with self._lock:
            return self._value

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()
