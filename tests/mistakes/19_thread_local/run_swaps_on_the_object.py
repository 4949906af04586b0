"""Puts the values of the copy onto the object while it runs, for all threads.

expect: race, failure
test: test_what_the_function_sets_is_not_seen_while_it_runs_either
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Context:
    """Named values: each thread has its own, under the same names."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._shared: dict[str, Any] | None = None
        self._origin = self
        self._own: dict[str, Any] | None = None

    def set(self, **values: Any) -> None:
        """Set values for this thread."""
        self._values().update(values)

    def get(self, name: str) -> Any:
        """Return the value that this thread set under this name. KeyError when it set none."""
        return self._values()[name]

    def copy(self) -> Context:
        """Return a copy of what this thread has set by now, to be run in another thread."""
        copy = Context()
        copy._origin = self._origin
        copy._own = dict(self._values())
        return copy

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call `fn(*args)`, with the values of this copy in place of those of this thread."""
        before, self._origin._shared = self._origin._shared, self._own
        try:
            return fn(*args)
        finally:
            self._origin._shared = before

    def _values(self) -> dict[str, Any]:
        if self._shared is not None:
            return self._shared
        if self._own is not None:
            return self._own
        if not hasattr(self._here, "values"):
            self._here.values = {}
        values: dict[str, Any] = self._here.values
        return values
