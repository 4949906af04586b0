"""Runs source text with its accesses announced, and writes them down in words."""

from __future__ import annotations

import ast
import types
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import hooks, known_types
from pytest_sensei.explore.access import ANY, NOVALUE, Access
from pytest_sensei.explore.compiled import link
from pytest_sensei.explore.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

FILENAME = "<announced>"


class Listener:
    """Writes down each access: `read Counter.n`, `write dict['a'] = 1`."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.heard: list[str] = []
        self.lines: list[int] = []

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        written = "" if value is NOVALUE else f" = {value!r}"
        self.heard.append(f"{kind.name.lower()} {self._target(obj, field)}{written}")
        self.lines.append(hooks.user_frame().f_lineno)

    def _target(self, obj: object, field: Hashable) -> str:
        if obj is self.names:
            return f"global {field}"
        if type(obj) is types.CellType:
            return f"variable {field}"
        owner = f"class {obj.__name__}" if isinstance(obj, type) else type(obj).__name__
        if field is ANY:
            return f"{owner}[*]"
        return f"{owner}[{field[1]!r}]" if isinstance(field, tuple) else f"{owner}.{field}"


def names_of(source: str, *, instrumented: bool) -> dict[str, Any]:
    """Execute source text as a module, its functions rewritten or as they are."""
    names: dict[str, Any] = {"__name__": "announced"}
    tree = ast.parse(source, FILENAME)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(rewrite(tree) if instrumented else tree, FILENAME, "exec", dont_inherit=True)
    if instrumented:
        code = link(code, hooks.Space(names), FILENAME)
    exec(code, names)
    return names


@contextmanager
def listening(names: dict[str, Any]) -> Iterator[Listener]:
    """Hear what the functions among `names` announce."""
    listener = Listener(names)
    known_types.forget_types()
    known_types.covered.add(id(names))
    hooks.observe_with(listener)
    try:
        yield listener
    finally:
        hooks.observe_with(None)
        known_types.covered.discard(id(names))
        known_types.forget_types()


def announced(source: str, function: str = "run") -> list[str]:
    """Return what a call of the function announces."""
    names = names_of(source, instrumented=True)
    with listening(names) as listener:
        names[function]()
    return listener.heard
