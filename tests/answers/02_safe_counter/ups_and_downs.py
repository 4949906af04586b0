"""Two fields under one lock: the reader takes the lock too, since it needs both."""

from __future__ import annotations

import threading


class SafeCounter:
    def __init__(self) -> None:
        self._guard = threading.Condition()
        self._ups = 0
        self._downs = 0

    def increment(self, by: int = 1) -> None:
        with self._guard:
            self._ups += by

    def decrement(self, by: int = 1) -> None:
        with self._guard:
            self._downs += by

    @property
    def value(self) -> int:
        with self._guard:
            return self._ups - self._downs
