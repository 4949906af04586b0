"""Runs each job in a process of its own, and lets only so many of them work at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run_limited(jobs: list[Callable[[], Any]], limit: int) -> list[Any]:
    """Run each job in a process of its own, at most `limit` at once; return the results in order.

    When all have ended and some have failed, raise the exception of the first of these,
    in the order of `jobs`. Raises ValueError for a limit below 1.
    """
    # TODO: one semaphore for all processes; where is it taken, and where is it given back?
    # TODO: how do a result, and an exception, come back from a process?
    raise NotImplementedError("run_limited is still to be written")
