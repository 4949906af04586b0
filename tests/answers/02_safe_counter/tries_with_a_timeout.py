"""Asks for the lock for a moment only, and again as often as it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock


@dataclass(eq=False)
class SafeCounter:
    number: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def increment(self, by: int = 1) -> None:
        while not self.lock.acquire(timeout=0.01):
            pass  # busy, so once more
        try:
            self.number = self.number + by
        finally:
            self.lock.release()

    def decrement(self, by: int = 1) -> None:
        return self.increment(by=-by)

    @property
    def value(self) -> int:
        return self.number
