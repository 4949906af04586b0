"""The waiter lets as many sit down as there are seats.

expect: deadlock-cycle
test: test_all_get_to_eat*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._waiter = threading.Semaphore(seats)
        self._forks = [threading.Lock() for _ in range(seats)]

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        left, right = seat, (seat + 1) % len(self._forks)
        with self._waiter, self._forks[left], self._forks[right]:
            bite()
