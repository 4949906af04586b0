"""Leaves its ticket in the line when it gives up: the next one waits behind nobody.

expect: stalled
test: test_who_gives_up*
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
        self._line: list[object] = []
        self._tokens = float(burst)
        self._at = time.monotonic()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst."""
        if n > self._burst:
            raise ValueError(f"{n} tokens never come together: the bucket holds {self._burst}")
        end = None if timeout is None else time.monotonic() + timeout
        with self._moved:
            ticket = object()
            self._line.append(ticket)
            while True:
                self._fill()
                first = self._line[0] is ticket
                if first and self._tokens >= n:
                    self._tokens -= n
                    self._line.pop(0)
                    self._moved.notify_all()
                    return True
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                pause = (n - self._tokens) / self._rate + 1e-6 if first else left
                self._moved.wait(pause if left is None or pause is None else min(pause, left))

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
