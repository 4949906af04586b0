"""A ring of fixed size, with try and finally by hand and loops round plain waits."""

from __future__ import annotations

import threading
import time
from typing import Any


class Closed(RuntimeError):
    pass


class Full(RuntimeError):
    pass


class Empty(RuntimeError):
    pass


class BoundedBuffer:
    def __init__(self, capacity: int) -> None:
        self._ring: list[Any] = [None] * capacity
        self._first = 0
        self._count = 0
        self._closed = threading.Event()
        self._lock = threading.RLock()
        self._not_empty = threading.Condition(self._lock)
        self._not_full = threading.Condition(self._lock)

    def put(self, item: Any, timeout: float | None = None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        self._lock.acquire()
        try:
            while self._count == len(self._ring) and not self._closed.is_set():
                if end is not None and time.monotonic() >= end:
                    raise Full
                self._not_full.wait(None if end is None else end - time.monotonic())
            if self._closed.is_set():
                raise Closed
            self._ring[(self._first + self._count) % len(self._ring)] = item
            self._count += 1
            self._not_empty.notify()
        finally:
            self._lock.release()

    def get(self, timeout: float | None = None) -> Any:
        with self._not_empty:
            if not self._not_empty.wait_for(lambda: self._count or self._closed.is_set(), timeout):
                raise Empty
            if not self._count:
                raise Closed
            item = self._ring[self._first]
            self._ring[self._first] = None
            self._first = (self._first + 1) % len(self._ring)
            self._count -= 1
            self._not_full.notify()
            return item

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            self._not_empty.notify_all()
            self._not_full.notify_all()

    def __len__(self) -> int:
        return self._count
