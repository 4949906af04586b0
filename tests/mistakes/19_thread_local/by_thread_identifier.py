"""Keeps a dictionary by thread identifier: a new thread inherits from an ended one.

expect: failure
test: test_a_new_thread_does_not*
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class ByIdentifier:
    def __init__(self) -> None:
        self.__dict__["threads"] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["threads"][threading.get_ident()]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["threads"][threading.get_ident()] = value

    def __delattr__(self, name: str) -> None:
        del self.__dict__["threads"][threading.get_ident()]


class Context:
    """Named values: each thread has its own, under the same names."""

    def __init__(self) -> None:
        self._here = ByIdentifier()
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
        copy._here = self._here
        copy._own = dict(self._values())
        return copy

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call `fn(*args)`, with the values of this copy in place of those of this thread."""
        before = getattr(self._here, "values", None)
        self._here.values = self._values()
        try:
            return fn(*args)
        finally:
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
