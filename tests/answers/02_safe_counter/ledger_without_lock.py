"""No lock: each update is one append, which is one step; the value is the sum of what was appended."""

from __future__ import annotations


class SafeCounter:
    def __init__(self) -> None:
        self._changes: list[int] = []

    def increment(self, by: int = 1) -> None:
        self._changes.append(0 + by)

    def decrement(self, by: int = 1) -> None:
        self._changes.append(0 - by)

    @property
    def value(self) -> int:
        return sum(self._changes)
