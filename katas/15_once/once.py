"""Kata 15: make something exactly once, however many threads ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Calls its factory at the first `get`, and hands the same object to everybody.

    When the factory raises, its caller gets the exception and the next caller
    tries again. A factory that calls `get` itself gets a RuntimeError.
    """

    def __init__(self, factory: Callable[[], T]) -> None:
        self._factory = factory
        # TODO: how will you know that the object was made? May it be None?

    def get(self) -> T:
        """Return the object, and make it first if nobody has."""
        raise NotImplementedError("TODO: call the factory, but never twice")
