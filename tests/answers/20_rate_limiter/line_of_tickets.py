"""A line of waiting threads under a condition: only the first of it may take, the others sleep behind it."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition


class RateLimiter:
    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = float(burst)
        self.filled = time.monotonic()
        self.line: deque[object] = deque()
        self.moved = Condition()

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        if n > self.burst:
            raise ValueError("more than the bucket holds")
        deadline = None if timeout is None else time.monotonic() + timeout
        ticket = object()
        with self.moved:
            self.line.append(ticket)
            try:
                return self._wait_for_turn(ticket, n, deadline)
            finally:
                self.line.remove(ticket)
                self.moved.notify_all()

    def _wait_for_turn(self, ticket: object, n: int, deadline: float | None) -> bool:
        while True:
            self._fill()
            first = self.line[0] is ticket
            if first and self.tokens >= n:
                self.tokens -= n
                return True
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            pauses = [left, (n - self.tokens) / self.rate + 1e-6 if first else None]
            self.moved.wait(min((pause for pause in pauses if pause is not None), default=None))

    def _fill(self) -> None:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
