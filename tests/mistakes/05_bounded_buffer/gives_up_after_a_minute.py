"""Without a timeout it waits for a minute.

expect: failure, race, lost-exception
test: test_*_is_waited_for_as_long*
"""

from __future__ import annotations

from collections import deque
from threading import Condition, Lock
from typing import Any


class Closed(Exception):
    """The buffer is closed: nothing can be put, and nothing is left to get."""


class Full(Exception):
    """There was no room before the timeout ran out."""


class Empty(Exception):
    """There was no item before the timeout ran out."""


class BoundedBuffer:
    """First in, first out, and never more than `capacity` items inside.

    Two conditions share one lock: those who wait for an item and those who wait for room must not be
    mixed up, or `notify` may wake the wrong side, which goes back to sleep and tells nobody.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Any] = deque()
        self._closed = False
        self._lock = Lock()
        self._item_came = Condition(self._lock)
        self._room_came = Condition(self._lock)

    def put(self, item: Any, timeout: float | None = None) -> None:
        """Add an item at the end; sleep while the buffer is full."""
        with self._lock:
            if not self._room_came.wait_for(self._may_put, 60 if timeout is None else timeout):
                raise Full
            if self._closed:
                raise Closed
            self._items.append(item)
            self._item_came.notify()

    def get(self, timeout: float | None = None) -> Any:
        """Take the oldest item; sleep while the buffer is empty."""
        with self._lock:
            if not self._item_came.wait_for(self._may_get, 60 if timeout is None else timeout):
                raise Empty
            if not self._items:
                raise Closed
            item = self._items.popleft()
            self._room_came.notify()
            return item

    def close(self) -> None:
        """Let nobody put any more, and wake all who wait."""
        with self._lock:
            self._closed = True
            self._item_came.notify_all()
            self._room_came.notify_all()

    def __len__(self) -> int:
        """Tell how many items are inside."""
        with self._lock:
            return len(self._items)

    def _may_put(self) -> bool:
        return self._closed or len(self._items) < self._capacity

    def _may_get(self) -> bool:
        return self._closed or bool(self._items)
