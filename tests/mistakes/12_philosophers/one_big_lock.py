"""One lock for the whole table: one eats at a time.

expect: stalled
test: test_two_who_share_no_fork*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Table:
    def __init__(self, seats: int) -> None:
        self._forks = threading.Lock()

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        with self._forks:
            bite()
