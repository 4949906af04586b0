"""Runs tasks where they are best run: those that wait in threads, those that compute in processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run(tasks: list[Callable[[], Any]], kind: str) -> list[Any]:
    """Run the tasks at the same time, and return their results in order.

    Tasks of the kind "io" wait, and overlap in this process. Tasks of the kind "cpu" compute, in several
    processes, but not in more than there are usable cores. Any other kind is a ValueError. When all have
    ended and some have failed, the exception of the first of these, in the order of `tasks`, is raised.
    """
    # TODO: two kinds, two ways; how many cores may this process use?
    raise NotImplementedError("run is still to be written")
