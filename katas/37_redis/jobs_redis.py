"""A list of jobs in Redis that several processes work off, and a counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def push(client: Any, job: str) -> None:
    """Add a job to the list; `client` is a `redis.Redis`."""
    # TODO: one command
    raise NotImplementedError("push is still to be written")


def work(client: Any, handle: Callable[[str], object], stop: Any) -> None:
    """Call `handle(job)` for one job after the other, until `stop.is_set()`."""
    # TODO: take a job so that it is never nowhere; handle it; only then forget it
    raise NotImplementedError("work is still to be written")


def count(client: Any, name: str) -> int:
    """Add one to the counter `name`, and return its new value."""
    # TODO: one command
    raise NotImplementedError("count is still to be written")
