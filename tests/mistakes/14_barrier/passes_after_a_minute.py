"""Waits for the others for a minute, and passes without them.

expect: failure, race, leaked-thread, stalled
test: test_who_comes_late*
"""

from __future__ import annotations

from threading import Condition


class BrokenBarrier(Exception):
    """The barrier was aborted: the others will not come."""


class Barrier:
    """A meeting point for exactly `parties` threads, to be used again and again."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._come = 0
        self._round = 0
        self._broken = False
        self._changed = Condition()

    def wait(self) -> int:
        """Sleep until `parties` threads have called; return this thread's index in the round."""
        with self._changed:
            if self._broken:
                raise BrokenBarrier
            mine = self._round
            index = self._come
            self._come += 1
            if self._come == self._parties:
                self._begin_next_round()
            else:
                self._changed.wait_for(lambda: self._round != mine or self._broken, timeout=60)
            if self._round == mine and self._broken:
                raise BrokenBarrier
            return index

    def abort(self) -> None:
        """Break the barrier for good: wake all who wait, and refuse all who come later."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()

    def _begin_next_round(self) -> None:
        self._come = 0
        self._round += 1
        self._changed.notify_all()
