"""Futures in the same order in each execution: sets of them are ordered by hash, and their locks are taken by `id`."""

from __future__ import annotations

import itertools
from concurrent.futures import Future, _base
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_sensei.explore.environment import World

_NUMBER = "_sensei_number"


def _hash(self: Any) -> int:
    """Return the number of a future that was made in an exploration; of any other the usual hash."""
    number: int | None = self.__dict__.get(_NUMBER)
    return object.__hash__(self) if number is None else number


@contextmanager
def in_order(world: World) -> Iterator[None]:
    """Number the futures that are made under control.

    Their hash stays for good: some may live on, in a dictionary perhaps.
    """
    original = Future.__init__
    module: Any = _base
    execution: object = None
    numbers = itertools.count()

    def init(self: Any) -> None:
        nonlocal execution, numbers
        original(self)
        if world.execution is not None and world.execution.controls():
            if execution is not world.execution:
                execution, numbers = world.execution, itertools.count()
            self.__dict__[_NUMBER] = next(numbers)

    Future.__hash__ = _hash  # type: ignore[method-assign]
    Future.__init__ = init  # type: ignore[method-assign]
    module.id = world.identify
    try:
        yield
    finally:
        del module.id
        Future.__init__ = original  # type: ignore[method-assign]
