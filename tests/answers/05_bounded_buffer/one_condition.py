"""One condition for both sides, with notify_all after every change."""

from __future__ import annotations

import time
from queue import Empty, Full
from threading import Condition
from typing import Any

__all__ = ["BoundedBuffer", "Closed", "Empty", "Full"]


class Closed(Exception):
    pass


class BoundedBuffer:
    def __init__(self, capacity: int) -> None:
        self._items: list[Any] = []
        self._capacity = capacity
        self._open = True
        self._changed = Condition()

    def put(self, item: Any, timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while self._open and len(self._items) >= self._capacity:
                self._sleep(deadline, Full)
            if not self._open:
                raise Closed
            self._items.append(item)
            self._changed.notify_all()

    def get(self, timeout: float | None = None) -> Any:
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._items:
                if not self._open:
                    raise Closed
                self._sleep(deadline, Empty)
            self._changed.notify_all()
            return self._items.pop(0)

    def _sleep(self, deadline: float | None, error: type[Exception]) -> None:
        """Wait for a change; raise `error` when the deadline has passed."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise error
        self._changed.wait(left)

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._items)
