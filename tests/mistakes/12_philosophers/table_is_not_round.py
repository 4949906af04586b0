"""The last seat reaches for a fork that is not there.

expect: failure
test: test_everybody_can_eat_alone
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._forks = [threading.Lock() for _ in range(seats)]

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        left, right = seat, seat + 1
        first, second = sorted((left, right))
        with self._forks[first], self._forks[second]:
            bite()
