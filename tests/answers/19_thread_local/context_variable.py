"""A context variable that holds an immutable mapping; a copy is a copy of contextvars' own context."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


class Context:
    def __init__(self) -> None:
        self._variable: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar("values")

    def set(self, **values: Any) -> None:
        self._variable.set(MappingProxyType({**self._variable.get(EMPTY), **values}))

    def get(self, name: str) -> Any:
        return self._variable.get(EMPTY)[name]

    def copy(self) -> Copy:
        return Copy(contextvars.copy_context())


class Copy:
    def __init__(self, context: contextvars.Context) -> None:
        self._context = context

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self._context.run(fn, *args)
