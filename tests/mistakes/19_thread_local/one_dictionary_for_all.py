"""Keeps the values in one dictionary for all threads.

expect: race
test: test_each_thread_sees*
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Context:
    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def set(self, **values: Any) -> None:
        self._values.update(values)

    def get(self, name: str) -> Any:
        return self._values[name]

    def copy(self) -> Context:
        copy = Context()
        copy._values = dict(self._values)
        return copy

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        return fn(*args)
