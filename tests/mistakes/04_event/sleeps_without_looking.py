"""Goes to sleep without a look at the flag.

expect: stalled
test: test_who_comes_after_set_does_not_wait
"""

from __future__ import annotations

import threading


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
        with self._went_up:
            return self._went_up.wait(timeout)
