"""Kata 27: numbers go out to other processes, and their squares come back, through queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def square_all(numbers: Sequence[Any], workers: int = 2) -> list[Any]:
    """Return `n * n` for each of the numbers, in their order, computed by so many worker processes.

    One queue takes the numbers to the workers, another brings the squares back.
    When squaring has failed for some numbers, the exception of the first of these,
    in the order of `numbers`, is raised. No process is left, and both queues are closed.
    """
    # TODO: two queues, and workers that take numbers until they are told that there are no more
    # TODO: how many of them have to be told? And what comes first, reading the squares or joining?
    raise NotImplementedError("TODO: square the numbers")
