"""Eats with the left fork alone.

expect: race
test: test_neighbours_never_eat_together
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._forks = [threading.Lock() for _ in range(seats)]

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        with self._forks[seat]:
            bite()
