"""Lets everybody look again whenever a token has come: who wants much never gets it while others want little.

expect: race, failure
test: test_who_wants_little*
"""

from __future__ import annotations

import time
from threading import Condition, Lock


class RateLimiter:
    """A bucket of tokens: `rate` fall into it each second, `burst` are in it at the most."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._moved = Condition(Lock())
        self._tokens = float(burst)
        self._at = time.monotonic()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst."""
        if n > self._burst:
            raise ValueError(f"{n} tokens never come together: the bucket holds {self._burst}")
        end = None if timeout is None else time.monotonic() + timeout
        with self._moved:
            while True:
                self._fill()
                if self._tokens >= n:
                    self._tokens -= n
                    self._moved.notify_all()
                    return True
                seconds = (n - self._tokens) / self._rate + 1e-6
                if end is not None:
                    seconds = min(seconds, end - time.monotonic())
                if seconds <= 0:
                    return False
                self._moved.wait(seconds)

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
