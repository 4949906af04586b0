"""Add up many numbers in several processes, without sending them to anybody."""

from __future__ import annotations

from collections.abc import Sequence


def parallel_sum(array: Sequence[float], workers: int) -> float:
    """Add up the numbers in so many processes, which find them in shared memory."""
    # TODO: a block of shared memory with the numbers; workers that open it by its name
    # TODO: who closes it, who removes it, and when?
    raise NotImplementedError("parallel_sum is still to be written")
