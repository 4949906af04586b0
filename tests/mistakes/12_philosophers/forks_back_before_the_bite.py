"""Takes both forks, puts them back, and eats then.

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
        left, right = seat, (seat + 1) % len(self._forks)
        first, second = sorted((left, right))
        with self._forks[first], self._forks[second]:
            pass
        bite()
