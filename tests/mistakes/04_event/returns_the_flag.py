"""Was woken, and returns the flag, which clear has put down in the meantime.

expect: race, failure
test: test_who_waits_when_set_is_called*
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
            if self._flag:
                return True
            self._went_up.wait(timeout)
            return self._flag
