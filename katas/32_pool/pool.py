"""Work for all cores: call a function for many items in a pool of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def parallel_map(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Call `fn` for each item in a pool of processes, and return the results in the order of the items.

    When a call has failed, raise its exception, after all have ended.
    """
    # TODO: a pool; hand it all calls, then collect the results; close and join
    raise NotImplementedError("parallel_map is still to be written")


def first_error(fn: Callable[[Any], Any], items: Iterable[Any]) -> Exception | None:
    """Call `fn` for each item likewise, and return the first exception in the order of the items, if any."""
    # TODO
    raise NotImplementedError("first_error is still to be written")
