"""Goes to sleep again when clear has put the flag down in the meantime.

expect: stalled
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
            return self._went_up.wait_for(lambda: self._flag, timeout)
