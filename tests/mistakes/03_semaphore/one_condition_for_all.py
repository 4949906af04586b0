"""Keeps the condition in the class: a release may wake somebody who waits for another semaphore.

expect: stalled
test: test_two_semaphores*
"""

from __future__ import annotations

import threading
import time


class Semaphore:
    _free = threading.Condition()

    def __init__(self, value=1):
        if value < 0:
            raise ValueError
        self._value = value

    def acquire(self, blocking=True, timeout=None):
        if not blocking and timeout is not None:
            raise ValueError
        end = None if timeout is None else time.monotonic() + timeout
        with self._free:
            while self._value == 0:
                left = None if end is None else end - time.monotonic()
                if not blocking or (left is not None and left <= 0):
                    return False
                self._free.wait(left)
            self._value -= 1
            return True

    def release(self, n=1):
        if n < 1:
            raise ValueError
        with self._free:
            self._value += n
            self._free.notify(n)

    @property
    def value(self):
        return self._value

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()
