"""Does not put the forks back when the bite raises.

expect: self-deadlock, stalled, abandoned-lock
test: test_forks_are_free_again*
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
        self._forks[first].acquire()
        self._forks[second].acquire()
        bite()
        self._forks[second].release()
        self._forks[first].release()
