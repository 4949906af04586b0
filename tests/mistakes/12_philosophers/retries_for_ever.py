"""Puts the first fork back when the second is gone, and begins again, without end.

expect: spinning
test: test_neighbours_never_eat_together
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._forks = [threading.Lock() for _ in range(seats)]

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        left, right = seat, (seat + 1) % len(self._forks)
        while True:
            with self._forks[left]:
                if self._forks[right].acquire(blocking=False):
                    try:
                        bite()
                        return
                    finally:
                        self._forks[right].release()
