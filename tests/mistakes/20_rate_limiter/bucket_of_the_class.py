"""Keeps the tokens in the class: all limiters share one bucket.

expect: race, failure
test: test_each_limiter*
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
        # May be less than nothing: tokens that have not come yet, promised to those who sleep.
        RateLimiter._tokens = float(burst)
        RateLimiter._at = time.monotonic()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst."""
        if n > self._burst:
            raise ValueError(f"{n} tokens never come together: the bucket holds {self._burst}")
        with self._lock:
            self._fill()
            seconds = max(0.0, (n - self._tokens) / self._rate)
            if timeout is not None and seconds > timeout:
                return False  # known at once, and nothing was taken
            # Taken now, though some of them are still to come. So whoever asks next sees that
            # they are gone and waits for later ones: first come, first served.
            RateLimiter._tokens -= n
        # Everybody sleeps for their own tokens, without the lock: nobody is woken in vain,
        # and others can ask meanwhile.
        if seconds > 0:
            time.sleep(seconds)
        return True

    def _fill(self) -> None:
        now = time.monotonic()
        RateLimiter._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        RateLimiter._at = now
