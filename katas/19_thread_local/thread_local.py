"""Kata 19: values that belong to the thread that set them, and that can be taken along to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Context:
    """Named values: each thread has its own, under the same names."""

    def __init__(self) -> None:
        # TODO: which thread runs __init__? And which threads will call the other methods?
        self._values: dict[str, Any] = {}

    def set(self, **values: Any) -> None:
        """Set values for this thread."""
        raise NotImplementedError("TODO: set the values, for this thread only")

    def get(self, name: str) -> Any:
        """Return the value that this thread set under this name. KeyError when it set none."""
        raise NotImplementedError("TODO: look for the value of this thread")

    def copy(self) -> Context:
        """Return a copy of what this thread has set by now, to be run in another thread."""
        raise NotImplementedError("TODO: take the values of this thread along")

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call `fn(*args)`, with the values of this copy in place of those of this thread.

        While it runs, `get` and `set` of the context that the copy was taken from
        mean the values of the copy. Afterwards this thread has its own values again.
        """
        raise NotImplementedError("TODO: put the values in place, call, put back")
