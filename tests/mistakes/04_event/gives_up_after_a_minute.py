"""Without a timeout it waits for a minute, and says False.

expect: failure, race
test: test_set_is_waited_for*
"""

from __future__ import annotations

import threading


class Event:
    """A flag, at first down. Who waits for it sleeps until somebody puts it up."""

    def __init__(self) -> None:
        self._flag = False
        self._rounds = 0
        self._went_up = threading.Condition(threading.Lock())

    def set(self) -> None:
        with self._went_up:
            self._flag = True
            self._rounds += 1
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
            mine = self._rounds
            return self._went_up.wait_for(lambda: self._rounds != mine, 60 if timeout is None else timeout)
