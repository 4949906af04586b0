"""Run some jobs at the same time, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all jobs at once, and return their results in the order of `jobs`.

    When all have ended and some have failed, raise the exception of the first of
    these, in the order of `jobs`.
    """
    # TODO: a thread for each job; start all, then wait for all
    raise NotImplementedError("run_all is still to be written")
