"""An event: a flag that threads can wait for."""

from __future__ import annotations

import threading


class Event:
    """A flag, at first down. Who waits for it sleeps until somebody puts it up."""

    def __init__(self) -> None:
        self._flag = False
        # How often the flag went up. A waiter that looked at the flag itself could miss
        # a set() with a clear() right behind it; the number never goes back.
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
        return self._flag  # one read of one attribute: there is nothing to tear

    def wait(self, timeout: float | None = None) -> bool:
        # Looking and going to sleep is one step under the lock that set() needs:
        # no set() can come between and wake nobody.
        with self._went_up:
            if self._flag:
                return True
            mine = self._rounds
            return self._went_up.wait_for(lambda: self._rounds != mine, timeout)
