"""Takes the mark "being made" back after an Exception only: an interrupted factory is at work for ever.

expect: failure
test: test_after_an_interruption*
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Calls its factory at the first `get`, and hands the same object to everybody."""

    def __init__(self, factory: Callable[[], T]) -> None:
        self._factory = factory
        # Reentrant, so that a factory that comes back to `get` can be told of it instead of
        # waiting for itself. Other threads wait for the lock as they would for a plain one.
        self._lock = RLock()
        self._making = False  # only ever seen true by the thread that makes: it has the lock
        self._made = False  # a flag, because None is an object like any other
        self._object: T

    def get(self) -> T:
        """Return the object, and make it first if nobody has."""
        # Without the lock: safe, because the flag is raised after the object is in its place.
        if self._made:
            return self._object
        with self._lock:
            # Looked at again: somebody may have made it while this thread waited for the lock.
            if not self._made:
                self._object = self._make()
                self._made = True
            return self._object

    def _make(self) -> T:
        if self._making:
            raise RuntimeError("the factory asked for the object that it is making")
        self._making = True
        try:
            made = self._factory()
        except Exception:
            self._making = False
            raise
        self._making = False
        return made
