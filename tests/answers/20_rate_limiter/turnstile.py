"""A turnstile for those who wait, and another lock for the bucket: the first sleeps in the turnstile."""

from __future__ import annotations

import threading
import time


class RateLimiter:
    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._turnstile = threading.Lock()
        self._level = float(burst)
        self._since = time.monotonic()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        if n > self._burst:
            raise ValueError("n > burst")
        start = time.monotonic()
        if not self._turnstile.acquire(timeout=-1 if timeout is None else timeout):
            return False
        try:
            now = time.monotonic()
            self._level = min(self._burst, self._level + (now - self._since) * self._rate)
            self._since = now
            missing = n - self._level
            if missing > 0:
                pause = missing / self._rate
                if timeout is not None and now - start + pause > timeout:
                    return False
                time.sleep(pause)
            self._level -= n  # what came during the pause is counted by the next one
            return True
        finally:
            self._turnstile.release()
