"""Clear starts with a new list of waiters, and nobody wakes those of the old one.

expect: stalled, self-deadlock
test: test_clear_does_not_send_those_away_who_wait
"""

from __future__ import annotations

import threading


class Event:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def set(self) -> None:
        with self._lock:
            self._flag = True
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.release()

    def clear(self) -> None:
        with self._lock:
            self._flag = False
            self._waiters: list[threading.Lock] = []

    def is_set(self) -> bool:
        return self._flag

    def wait(self, timeout: float | None = None) -> bool:
        with self._lock:
            if self._flag:
                return True
            waiter = threading.Lock()
            waiter.acquire()
            self._waiters.append(waiter)
        return waiter.acquire(timeout=-1 if timeout is None else timeout)
