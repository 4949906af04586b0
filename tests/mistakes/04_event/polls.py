"""Looks at the flag every millisecond, and misses one that was up for less.

expect: spinning
test: test_who_waits_sleeps*
"""

from __future__ import annotations

import threading
import time


class Event:
    """A flag, at first down. Who waits for it sleeps until somebody puts it up."""

    def __init__(self) -> None:
        self._flag = False
        self._went_up = threading.Condition(threading.Lock())

    def set(self) -> None:
        with self._went_up:
            self._flag = True
            self._went_up.notify_all()

    def clear(self) -> None:
        with self._went_up:
            self._flag = False

    def is_set(self) -> bool:
        return self._flag

    def wait(self, timeout: float | None = None) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._flag:
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(0.001)
        return True
