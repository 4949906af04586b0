"""Without a timeout it waits for a minute, and goes on without a place.

expect: failure, race
test: test_a_place_is_waited_for*
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        deadline = time.monotonic() + (60 if timeout is None else timeout)
        with self._free:
            while self._value == 0:
                if not blocking:
                    return False
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._free.wait(left)
            self._value -= 1
            return True

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
