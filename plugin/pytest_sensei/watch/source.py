"""What the source says at a line: which expression is locked, what is made there."""

from __future__ import annotations

import ast
import functools
import linecache
from typing import TYPE_CHECKING, Protocol

from pytest_sensei.watch.places import line_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import CodeType


class CodeLike(Protocol):
    """What is asked of a code object: which function of which file it is."""

    @property
    def co_filename(self) -> str: ...

    @property
    def co_name(self) -> str: ...

    @property
    def co_firstlineno(self) -> int: ...


_TAKING = {"acquire", "wait", "wait_for", "get", "put", "join", "result", "enter_context", "recv", "send"}


@functools.lru_cache(maxsize=256)
def _tree(lines: tuple[str, ...]) -> ast.Module | None:
    try:
        return ast.parse("".join(lines))
    except SyntaxError:
        return None


def tree_of(filename: str) -> ast.Module | None:
    """Return the syntax tree of a source file, or None where there is no (valid) source."""
    lines = linecache.getlines(filename)
    return _tree(tuple(lines)) if lines else None


def taken_expressions(code: CodeType, line: int) -> list[ast.expr]:
    """Return what the statement at `line` takes or waits for: `x` of `with x:` and of `x.acquire()`."""
    tree = tree_of(code.co_filename)
    if tree is None:
        return []
    return list(_taken_in(tree).get(line, ()))


@functools.lru_cache(maxsize=256)
def _taken_in(tree: ast.Module) -> dict[int, list[ast.expr]]:
    """Return what each line of a module takes, from one walk through it."""
    found: dict[int, list[ast.expr]] = {}
    for node in ast.walk(tree):
        for first, last, expression in _takings(node):
            for line in range(first, last + 1):
                found.setdefault(line, []).append(expression)
    return found


def taken_by(node: ast.AST, line: int) -> Iterator[ast.expr]:
    """Yield what a statement takes at a line."""
    return (expression for first, last, expression in _takings(node) if first <= line <= last)


def _takings(node: ast.AST) -> Iterator[tuple[int, int, ast.expr]]:
    """Yield what a statement takes, with its first and last line."""
    if isinstance(node, ast.With):
        for item in node.items:
            taken = item.context_expr
            yield taken.lineno, taken.end_lineno or taken.lineno, taken
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TAKING:
        yield node.lineno, node.end_lineno or node.lineno, node.func.value


def assigned_at(code: CodeLike, line: int, makers: Collection[str]) -> list[str]:
    """Return what the line names that it makes: `reader` and `writer` of `reader, writer = Pipe()`.

    `makers` are the names of the functions and classes that are called for it.
    """
    tree = tree_of(code.co_filename)
    if tree is None or code.co_name == "<lambda>":
        return []
    found = [
        target
        for node in ast.walk(tree)
        for target, value in _assignments(node)
        if value.lineno <= line <= (value.end_lineno or line) and _called(value) in makers
    ]
    if len(found) != 1:
        return []
    parts = found[0].elts if isinstance(found[0], (ast.Tuple, ast.List)) else found
    return [ast.unparse(part) for part in parts]


def assigned_in(line: str) -> str:
    """Return what a line names that it makes: `jobs` of `jobs: Queue = Queue()`; "" when that is not plain."""
    target, equals, value = line.partition("=")
    name = target.partition(":")[0].strip()
    is_plain = (
        name.replace(".", "").replace("_", "").isalnum() and not value.startswith("=") and ";" not in line
    )
    return name if equals and is_plain else ""


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.With):
        yield from ((i.optional_vars, i.context_expr) for i in node.items if i.optional_vars is not None)
    elif isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield node.target, node.value


def _called(value: ast.expr) -> str:
    """Return the last name of what is called: `Pipe` of `context.Pipe()`."""
    if not isinstance(value, ast.Call):
        return ""
    return ast.unparse(value.func).rpartition(".")[2]


def taken_text(code: CodeType, lasti: int) -> str | None:
    """Return the source text of what is taken at an instruction: `self.lock`."""
    expressions = taken_expressions(code, line_of(code, lasti))
    return ast.unparse(expressions[0]) if expressions else None
