"""Looks at the clock again and again until the tokens are there.

expect: spinning
test: test_acquire_sleeps_until_the_token_has_come
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
        self._at = time.monotonic()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst."""
        if n > self._burst:
            raise ValueError(f"{n} tokens never come together: the bucket holds {self._burst}")
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._lock:
                self._fill()
                if self._tokens >= n:
                    self._tokens -= n
                    return True
            if end is not None and time.monotonic() >= end:
                return False

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
