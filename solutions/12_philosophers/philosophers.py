"""Philosophers at a round table, with a fork between each two of them."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    """A round table with as many forks as seats."""

    def __init__(self, seats: int) -> None:
        self._forks = [threading.Lock() for _ in range(seats)]

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        left, right = seat, (seat + 1) % len(self._forks)
        # Everybody takes the fork with the lower number first. In a circle of people who wait
        # for each other, the numbers would have to rise all the way round: they cannot.
        first, second = sorted((left, right))
        with self._forks[first], self._forks[second]:
            bite()
