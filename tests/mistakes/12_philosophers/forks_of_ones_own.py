"""Brings its own forks to each dinner.

expect: race
test: test_neighbours_never_eat_together
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._seats = seats

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        forks = [threading.Lock() for _ in range(self._seats)]
        left, right = seat, (seat + 1) % self._seats
        first, second = sorted((left, right))
        with forks[first], forks[second]:
            bite()
