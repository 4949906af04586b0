"""A re-entrant lock, acquired and released by hand, so that one method may call the other."""

from __future__ import annotations

import threading


class SafeCounter:
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._value = 0

    def increment(self, by: int = 1) -> None:
        self._lock.acquire()
        try:
            self._value = self._value + by
        finally:
            self._lock.release()

    def decrement(self, by: int = 1) -> None:
        with self._lock:
            self.increment(-by)

    @property
    def value(self) -> int:
        return self._value  # one attribute, read in one step
