"""Waits for the forks for half a minute, and eats anyway.

expect: failure, race
test: test_a_neighbour_is_waited_for*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._taken: set[int] = set()
        self._changed = threading.Condition()

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        forks = {seat, (seat + 1) % self._seats}
        with self._changed:
            self._changed.wait_for(lambda: not self._taken & forks, timeout=30)
            self._taken |= forks
        try:
            bite()
        finally:
            with self._changed:
                self._taken -= forks
                self._changed.notify_all()
