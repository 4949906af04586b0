"""Whether the code that takes a lock is sure to give it back itself: then nobody but its owner will."""

from __future__ import annotations

import ast
import functools
from multiprocessing import queues, synchronize
from typing import TYPE_CHECKING

from pytest_sensei.watch.places import line_of
from pytest_sensei.watch.source import CodeLike, taken_by, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

_ENTERING = {"__enter__", "enter_context", "__aenter__"}
_MULTIPROCESSING = {synchronize.__file__, queues.__file__}
"""Known without parsing, which a child would do anew each time."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_SUITES = ("body", "orelse", "finalbody", "handlers", "cases")
_CONDITIONAL = (ast.If, ast.While, ast.ExceptHandler, ast.match_case, ast.IfExp)


def gives_back_itself(code: CodeType, lasti: int) -> bool:
    """Tell whether the code that took a lock is the code that gives it back.

    True for `with x:`, and for `x.acquire()` where an `x.release()` follows on every way on from there; also in
    the `__enter__` of a context manager. A lock that is used as a signal (taken here, released there) or taken
    under a condition (the first reader takes it, the last one releases it) answers false: others may release it.
    """
    return gives_back_at(code, line_of(code, lasti))


def gives_back_at(code: CodeLike, line: int) -> bool:
    """Tell the same of a line of a function that is known by its name and place only."""
    if code.co_filename in _MULTIPROCESSING:
        return code.co_name != "put"  # a queue's count of free places is given back by who gets
    return _gives_back(code.co_filename, code.co_name, code.co_firstlineno, line)


@functools.lru_cache(maxsize=4096)
def _gives_back(filename: str, name: str, first: int, line: int) -> bool:
    tree = tree_of(filename)
    if tree is None:
        return name in _ENTERING
    scope = _scope_of(tree, name, first)
    parents = {child: node for node in _inside(scope) for child in ast.iter_child_nodes(node)}
    if any(isinstance(node, ast.With) and any(taken_by(node, line)) for node in parents.values()):
        return True
    acquires = [
        (node, receiver)
        for node in parents
        if (receiver := _called_on(node, "acquire")) is not None and _spans(node, line)
    ]
    if name in _ENTERING and acquires:
        return not any(_is_conditional(call, parents) for call, _ in acquires)
    return name in _ENTERING or any(_release_follows(call, receiver, parents) for call, receiver in acquires)


def _release_follows(call: ast.AST, receiver: str, parents: dict[ast.AST, ast.AST]) -> bool:
    """Tell whether a release of the same lock follows wherever the acquire was reached.

    From the call outwards: what stands behind it in its suite, then behind the statement that holds that
    suite, and so on. Beyond the first condition around the acquire, only a release under no condition counts.
    A release behind a second acquire belongs to that one: in between, somebody else has given the lock back.
    """
    node, conditional, owed = call, False, 1
    while node in parents:
        parent = parents[node]
        for each in _behind(node, parent):
            for step in _steps(each, receiver, anywhere=not conditional):
                owed += step
                if owed == 0:
                    return True
        conditional = conditional or (isinstance(parent, _CONDITIONAL) and _in_suite(node, parent))
        node = parent
    return False


def _behind(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs after `node` inside of its parent."""
    for field in _SUITES:
        suite = getattr(parent, field, None)
        if isinstance(suite, list) and node in suite:
            yield from suite[suite.index(node) + 1 :] if field not in {"handlers", "cases"} else ()
            break
    else:  # in the head of a compound statement: `if lock.acquire(False):`
        for field in _SUITES:
            suite = getattr(parent, field, None)
            yield from suite if isinstance(suite, list) else ()
        return
    if isinstance(parent, ast.Try):
        yield from parent.orelse if node in parent.body else ()
        yield from parent.finalbody if node not in parent.finalbody else ()


def _in_suite(node: ast.AST, parent: ast.AST) -> bool:
    return any(node in suite for field in _SUITES if isinstance(suite := getattr(parent, field, None), list))


def _steps(node: ast.AST, receiver: str, *, anywhere: bool) -> Iterator[int]:
    """Yield 1 for each acquire of the lock in a statement, -1 for each release: of all, or those on every way."""
    if isinstance(node, _FUNCTIONS):
        return
    if anywhere or not isinstance(node, _CONDITIONAL):
        for child in ast.iter_child_nodes(node):
            yield from _steps(child, receiver, anywhere=anywhere)
    if _called_on(node, "acquire") == receiver:
        yield 1
    elif _called_on(node, "release") == receiver:
        yield -1


def _is_conditional(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while node in parents:
        parent = parents[node]
        if isinstance(parent, _CONDITIONAL) and _in_suite(node, parent):
            return True
        node = parent
    return False


def _called_on(node: ast.AST, name: str) -> str | None:
    """Return what a method is called on, where `node` is a call of a method of that name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
        return ast.unparse(node.func.value)
    return None


def _spans(node: ast.AST, line: int) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return bool(first <= line <= (last or first))


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
    """Walk a function's own code, itself included, leaving out functions defined inside it."""
    yield scope
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, _FUNCTIONS):
            yield from _inside(child)
