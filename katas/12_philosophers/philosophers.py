"""Philosophers at a round table, with a fork between each two of them.

Seat 0 has fork 0 on its left and fork 1 on its right, and so on round the table;
the last seat has fork 0 on its right. It takes two forks to eat.
"""

from __future__ import annotations

from collections.abc import Callable


class Table:
    """A round table with as many forks as seats."""

    def __init__(self, seats: int) -> None:
        """Lay a table for two or more."""
        # TODO: the forks, or whatever you keep instead of them
        raise NotImplementedError("Table.__init__ is still to be written")

    def dine(self, seat: int, bite: Callable[[], object]) -> None:
        """Take both forks of the seat, call `bite()`, and put the forks back."""
        # TODO
        raise NotImplementedError("Table.dine is still to be written")
