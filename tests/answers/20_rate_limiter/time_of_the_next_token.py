"""No tokens at all: the time at which the bucket would be full again tells everything."""

from __future__ import annotations

import threading
from time import monotonic, sleep


class RateLimiter:
    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._depth = burst * self._interval
        self._full_at = monotonic()
        self._guard = threading.RLock()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        cost = n * self._interval
        if cost > self._depth:
            raise ValueError(n)
        with self._guard:
            now = monotonic()
            full_at = max(self._full_at, now) + cost
            pause = full_at - self._depth - now
            if timeout is not None and pause > timeout:
                return False
            self._full_at = full_at
        if pause > 0:
            sleep(pause)
        return True
