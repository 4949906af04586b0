"""Waits on a condition for both forks, and wakes nobody when it puts them back.

expect: stalled
test: test_neighbours_never_eat_together
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._free = [True] * seats
        self._changed = threading.Condition()

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        left, right = seat, (seat + 1) % len(self._free)
        with self._changed:
            while not (self._free[left] and self._free[right]):
                self._changed.wait()
            self._free[left] = self._free[right] = False
        try:
            bite()
        finally:
            with self._changed:
                self._free[left] = self._free[right] = True
