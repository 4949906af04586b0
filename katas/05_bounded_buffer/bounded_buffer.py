"""Kata 05: a bounded buffer between threads that make things and threads that use them."""

from __future__ import annotations

from typing import Any


class Closed(Exception):
    """The buffer is closed: nothing can be put, and nothing is left to get."""


class Full(Exception):
    """There was no room before the timeout ran out."""


class Empty(Exception):
    """There was no item before the timeout ran out."""


class BoundedBuffer:
    """First in, first out, and never more than `capacity` items (at least 1) inside."""

    def __init__(self, capacity: int) -> None:
        # TODO: what do the threads share, what protects it, and where do they wait?
        self._capacity = capacity

    def put(self, item: Any, timeout: float | None = None) -> None:
        """Add an item at the end; sleep while the buffer is full.

        Raises `Full` when there is no room within `timeout` seconds (None waits as long
        as it takes), and `Closed`, also out of the wait, when the buffer is closed.
        """
        raise NotImplementedError("TODO: wait for room, then add the item")

    def get(self, timeout: float | None = None) -> Any:
        """Take the oldest item; sleep while the buffer is empty.

        Raises `Empty` when there is no item within `timeout` seconds. A closed buffer still
        gives out what is in it; after that `Closed` is raised, also out of the wait.
        """
        raise NotImplementedError("TODO: wait for an item, then take it")

    def close(self) -> None:
        """Let nobody put any more, and wake all who wait."""
        raise NotImplementedError("TODO: close the buffer")

    def __len__(self) -> int:
        """Tell how many items are inside."""
        raise NotImplementedError("TODO: count the items")
