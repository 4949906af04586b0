"""Kata 30: one pipe, several readers, and a lock so that each message stays whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def fan_out(items: Sequence[Any], workers: int, handle: Callable[[Any], Any]) -> list[Any]:
    """Return `handle(item)` for each item, in order, called by so many consumer processes.

    All consumers read from the same end of one pipe. When `handle` has raised for
    some items, the others are handled, all the same; then the exception of the
    first of these, in the order of `items`, is raised. No end of a pipe stays open.
    """
    # TODO: a pipe, a lock, consumers. When does a consumer need the lock, and when not?
    # TODO: who closes which end? And how do the results come back?
    raise NotImplementedError("TODO: fan the items out")
