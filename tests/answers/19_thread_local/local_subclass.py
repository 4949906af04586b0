"""A subclass of threading.local: its __init__ runs again in each thread that touches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any


class Values(threading.local):
    def __init__(self) -> None:
        self.stack: list[dict[str, Any]] = [{}]


class Context:
    def __init__(self) -> None:
        self._values = Values()
        self._carried: dict[str, Any] = {}

    def set(self, **values: Any) -> None:
        self._values.stack[-1].update(values)

    def get(self, name: str) -> Any:
        return self._values.stack[-1][name]

    def copy(self) -> Context:
        other = Context()
        other._values = self._values
        other._carried = self._values.stack[-1].copy()
        return other

    @contextmanager
    def _in_place(self) -> Any:
        self._values.stack.append(dict(self._carried))
        try:
            yield
        finally:
            self._values.stack.pop()

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        with self._in_place():
            return fn(*args)
