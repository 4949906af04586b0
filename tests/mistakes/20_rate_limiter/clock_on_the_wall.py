"""Reads the clock on the wall, which somebody may set.

expect: failure, race
test: test_a_clock_that_is_set_right*
"""

from __future__ import annotations

import time
from threading import Lock


class RateLimiter:
    """A bucket of tokens: `rate` fall into it each second, `burst` are in it at the most."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._lock = Lock()
        self._tokens = float(burst)
        self._at = time.time()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst."""
        if n > self._burst:
            raise ValueError(f"{n} tokens never come together: the bucket holds {self._burst}")
        with self._lock:
            self._fill()
            seconds = max(0.0, (n - self._tokens) / self._rate)
            if timeout is not None and seconds > timeout:
                return False
            self._tokens -= n
        if seconds > 0:
            time.sleep(seconds)
        return True

    def _fill(self) -> None:
        now = time.time()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
