"""Wakes those, too, who have given up, and counts them for the next ones.

expect: failure
test: test_who_*
"""

from __future__ import annotations

import threading


class Event:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flag = False
        self._waiting = 0
        self._wake_ups = threading.Semaphore(0)

    def set(self) -> None:
        with self._lock:
            self._flag = True
            if self._waiting:
                self._wake_ups.release(self._waiting)
            self._waiting = 0

    def clear(self) -> None:
        with self._lock:
            self._flag = False

    def is_set(self) -> bool:
        return self._flag

    def wait(self, timeout: float | None = None) -> bool:
        with self._lock:
            if self._flag:
                return True
            self._waiting += 1
        return self._wake_ups.acquire(timeout=timeout)
