"""A cache that many processes share: one of them makes what is missing; numbers that nobody overwrites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def cached(client: Any, key: str, make: Callable[[], str], ttl: int) -> Any:
    """Return the value of `key`; when there is none, one process makes it, for `ttl` seconds.

    `client` is a `pymemcache.Client`.
    """
    # TODO: look; when there is nothing, let exactly one process make it, and the others wait
    raise NotImplementedError("cached is still to be written")


def add_to(client: Any, key: str, n: int) -> int:
    """Add `n` to the number at `key`, which counts as 0 when it is missing, and return the new number."""
    # TODO: gets, add, cas; again when somebody else was faster
    raise NotImplementedError("add_to is still to be written")
