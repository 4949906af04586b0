"""Two semaphores count room and items; at the close one more permit goes from hand to hand."""

from __future__ import annotations

from collections import deque
from threading import Lock, Semaphore
from typing import Any


class Closed(Exception):
    pass


class Full(Exception):
    pass


class Empty(Exception):
    pass


class BoundedBuffer:
    def __init__(self, capacity: int) -> None:
        self._room = Semaphore(capacity)
        self._filled = Semaphore(0)
        self._mutex = Lock()
        self._items: deque[Any] = deque()
        self._closed = False

    def put(self, item: Any, timeout: float | None = None) -> None:
        if not self._room.acquire(timeout=timeout):
            raise Full
        with self._mutex:
            if not self._closed:
                self._items.append(item)
                self._filled.release()
                return
        self._room.release()  # wake the next one: it is closed for everybody
        raise Closed

    def get(self, timeout: float | None = None) -> Any:
        if not self._filled.acquire(timeout=timeout):
            raise Empty
        with self._mutex:
            if self._items:
                self._room.release()
                return self._items.popleft()
        self._filled.release()
        raise Closed

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            self._room.release()
            self._filled.release()

    def __len__(self) -> int:
        with self._mutex:
            return len(self._items)
