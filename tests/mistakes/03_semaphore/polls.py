"""Looks every millisecond whether there is a place.

expect: spinning
test: test_a_blocked_acquire_sleeps_and_does_not_spin
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
        self._free = threading.Condition(threading.Lock())

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        if not blocking and timeout is not None:
            raise ValueError("a timeout needs blocking=True")
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._free:
                if self._value > 0:
                    self._value -= 1
                    return True
            if not blocking or (deadline is not None and time.monotonic() >= deadline):
                return False
            time.sleep(0.001)

    def release(self, n: int = 1) -> None:
        if n < 1:
            raise ValueError("release at least one place")
        with self._free:
            self._value += n
            self._free.notify(n)

    @property
    def value(self) -> int:
        with self._free:
            return self._value

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()
