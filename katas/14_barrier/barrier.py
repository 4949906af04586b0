"""Kata 14: a barrier, where threads wait until all have come, round after round."""

from __future__ import annotations


class BrokenBarrier(Exception):
    """The barrier was aborted: the others will not come."""


class Barrier:
    """A meeting point for exactly `parties` threads, to be used again and again."""

    def __init__(self, parties: int) -> None:
        # TODO: what tells this round from the next one?
        self._parties = parties

    def wait(self) -> int:
        """Sleep until `parties` threads have called; return this thread's index in the round.

        The indexes of a round are 0 to parties - 1, each given once. Raises `BrokenBarrier`
        when the barrier is aborted while waiting, or was before.
        """
        raise NotImplementedError("TODO: wait for the others")

    def abort(self) -> None:
        """Break the barrier for good: wake all who wait, and refuse all who come later."""
        raise NotImplementedError("TODO: break the barrier")
