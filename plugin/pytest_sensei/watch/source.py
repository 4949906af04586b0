"""What the source says at a line: which expression is locked, and whether the same code gives it back."""

from __future__ import annotations

import ast
import functools
import linecache
from multiprocessing import queues, synchronize
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
_GIVING_FUNCTIONS = {"__enter__", "enter_context", "__aenter__"}


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


def _taken_by(node: ast.AST, line: int) -> Iterator[ast.expr]:
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


def gives_back_itself(code: CodeType, lasti: int) -> bool:
    """Tell whether the code that took a lock is the code that gives it back.

    True for `with x:`, for the `__enter__` of a context manager, and for `x.acquire()` in a function that
    also says `x.release()`. Then the owner, and nobody else, will release it. A lock that is used as a
    signal (taken here, released there) answers false.
    """
    return gives_back_at(code, line_of(code, lasti))


def gives_back_at(code: CodeLike, line: int) -> bool:
    """Tell the same of a line of a function that is known by its name and place only."""
    if code.co_filename in _MULTIPROCESSING:
        return code.co_name != "put"  # a queue's count of free places is given back by who gets
    return code.co_name in _GIVING_FUNCTIONS or _discipline(
        code.co_filename, code.co_name, code.co_firstlineno, line
    )


_MULTIPROCESSING = {synchronize.__file__, queues.__file__}
"""Known without parsing, which a child would do anew each time."""


@functools.lru_cache(maxsize=4096)
def _discipline(filename: str, name: str, first: int, line: int) -> bool:
    tree = tree_of(filename)
    if tree is None:
        return False
    nodes = list(_inside(_scope_of(tree, name, first)))
    if any(isinstance(node, ast.With) and any(_taken_by(node, line)) for node in nodes):
        return True
    taken = {
        receiver
        for call, receiver in _calls(nodes, "acquire")
        if call.lineno <= line <= (call.end_lineno or line)
    }
    return any(receiver in taken for _, receiver in _calls(nodes, "release"))


def _calls(nodes: list[ast.AST], name: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of a method `name`, each with the text of what it is called on."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node, ast.unparse(node.func.value)


def _scope_of(tree: ast.Module, function: str, first_line: int) -> ast.AST:
    """Return the function of `tree` of that name and first line, or the module."""
    found: ast.AST = tree
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            name = getattr(node, "name", "<lambda>")
            if first == first_line and name == function:
                found = node
    return found


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Walk a function's own code, leaving out functions defined inside it."""
    pending = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))
