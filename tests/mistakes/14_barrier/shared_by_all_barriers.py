"""Counts who has come in the class: two barriers count for each other.

expect: failure, stalled
test: test_two_barriers*
"""

from __future__ import annotations

from threading import Condition


class BrokenBarrier(Exception):
    """The barrier was aborted: the others will not come."""


class Barrier:
    """A meeting point for exactly `parties` threads, to be used again and again."""

    _come = 0
    _all = []

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._round = 0
        self._broken = False
        Barrier._all.clear()
        self._changed = Condition()

    def wait(self) -> int:
        """Sleep until `parties` threads have called; return this thread's index in the round."""
        with self._changed:
            if self._broken:
                raise BrokenBarrier
            mine = self._round
            index = len(Barrier._all)
            Barrier._all.append(1)
            if len(Barrier._all) == self._parties:
                self._begin_next_round()
            else:
                # Not "until all have come": a quick thread may have come again, in the next round.
                self._changed.wait_for(lambda: self._round != mine or self._broken)
            if self._round == mine:  # woken, but the round is not over
                raise BrokenBarrier
            return index

    def abort(self) -> None:
        """Break the barrier for good: wake all who wait, and refuse all who come later."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()

    def _begin_next_round(self) -> None:
        Barrier._all.clear()
        self._round += 1
        self._changed.notify_all()
