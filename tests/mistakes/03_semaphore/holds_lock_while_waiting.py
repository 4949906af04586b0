"""Goes to sleep on an event with the lock still held, so nobody can release.

expect: stalled, deadlock-cycle
test: test_release_wakes_who_waits
"""

from __future__ import annotations

import threading
import time
from types import TracebackType


class Semaphore:
    """Lets at most `value` threads in at a time; the others sleep until one leaves."""

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError("a semaphore cannot start below zero")
        self._value = value
        self._lock = threading.Lock()
        self._wake = threading.Event()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        if not blocking and timeout is not None:
            raise ValueError("a timeout needs blocking=True")
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            while self._value == 0:
                if not blocking:
                    return False
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._wake.clear()
                self._wake.wait(left)
            self._value -= 1
            return True

    def release(self, n: int = 1) -> None:
        if n < 1:
            raise ValueError("release at least one place")
        with self._lock:
            self._value += n
            self._wake.set()

    @property
    def value(self) -> int:
        with self._lock:
            return self._value

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()
