"""Kata 19: values that belong to the thread that set them, and that can be taken along to another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Context:
    """Named values: each thread has its own, under the same names."""

    def __init__(self) -> None:
        # One thread runs this line, many will use the object: nothing may be put into the local
        # here, for only this thread would find it.
        self._here = threading.local()
        self._own: dict[str, Any] | None = None  # of a copy: the values that it carries

    def set(self, **values: Any) -> None:
        """Set values for this thread."""
        self._values().update(values)

    def get(self, name: str) -> Any:
        """Return the value that this thread set under this name. KeyError when it set none."""
        return self._values()[name]

    def copy(self) -> Context:
        """Return a copy of what this thread has set by now, to be run in another thread."""
        copy = Context()
        copy._here = self._here  # it will speak for the context it was taken from
        copy._own = dict(self._values())  # a new dictionary: what happens to one is not seen in the other
        return copy

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call `fn(*args)`, with the values of this copy in place of those of this thread."""
        before = getattr(self._here, "values", None)
        self._here.values = self._values()
        try:
            return fn(*args)
        finally:
            # Threads of a pool are used again: the next job must not find what this one left.
            if before is None:
                del self._here.values
            else:
                self._here.values = before

    def _values(self) -> dict[str, Any]:
        if self._own is not None:
            return self._own
        if not hasattr(self._here, "values"):
            self._here.values = {}
        values: dict[str, Any] = self._here.values
        return values
