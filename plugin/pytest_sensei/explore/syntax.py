"""Small pieces of syntax tree for instrumented code, and the placeholders that stand for the hooks in it.

A hook is called through a constant: `"\\0sensei:read_attr"(obj, "name")`. When the compiled code is put to
use, the constant becomes the function. So nothing has to be found by name, and no namespace of the user's
is touched.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACEHOLDER: Final = "\0sensei:"
SPACE: Final = PLACEHOLDER + "space"
NOVALUE: Final = PLACEHOLDER + "novalue"
PROBE: Final = "@sensei"
"""The parameter's name by which a lambda that only serves to get hold of a cell is told from the user's."""

_Node = TypeVar("_Node", bound=ast.AST)


def at(place: ast.AST, node: _Node) -> _Node:
    """Give a new node the position of an old one."""
    return ast.copy_location(node, place)


def hook(place: ast.AST, name: str, *args: ast.expr) -> ast.Call:
    return at(place, ast.Call(at(place, ast.Constant(PLACEHOLDER + name)), list(args), []))


def through(place: ast.AST, native: str, announcing: ast.Call) -> ast.Call:
    """Build `native(*announcing(...))`: the operation itself is done by a function of the interpreter."""
    return hook(place, native, at(place, ast.Starred(announcing, ast.Load())))


def constant(place: ast.AST, value: str | None) -> ast.Constant:
    return at(place, ast.Constant(value))


def load(place: ast.AST, name: str) -> ast.Name:
    return at(place, ast.Name(name, ast.Load()))


def after(announcing: ast.Call, name: ast.Name) -> ast.BoolOp:
    """Build `announcing(...) and name`: the hook returns true."""
    return at(name, ast.BoolOp(ast.And(), [announcing, name]))


def probe(name: ast.Name) -> ast.Lambda:
    """Build a lambda that mentions the variable, and so has its cell."""
    parameters = ast.arguments([], [at(name, ast.arg(PROBE))], None, [], [], None, [])
    return at(name, ast.Lambda(parameters, load(name, name.id)))


def assign(place: ast.AST, name: str, value: ast.expr) -> ast.Assign:
    return at(place, ast.Assign([at(place, ast.Name(name, ast.Store()))], value))


def delete(place: ast.AST, *names: str) -> ast.Delete:
    return at(place, ast.Delete([at(place, ast.Name(name, ast.Del())) for name in names]))


def statement(expression: ast.expr) -> ast.Expr:
    return at(expression, ast.Expr(expression))


_FRESH = (
    ast.Constant,
    ast.JoinedStr,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Lambda,
    ast.Compare,
    ast.BinOp,
    ast.UnaryOp,
)


def is_fresh(node: ast.expr) -> bool:
    """Tell whether its value is new: no other thread can have it."""
    return isinstance(node, _FRESH)


def is_scalar(node: ast.expr) -> bool:
    """Tell whether its value is a literal with nothing inside."""
    return isinstance(node, (ast.Constant, ast.JoinedStr))


def is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def names_cache(decorator: ast.expr) -> bool:
    """Tell whether a decorator is `cache`, `lru_cache` or `lru_cache(...)`, from wherever."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
    return name in ("cache", "lru_cache")


def cached_functions(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the functions of a module that have a cache."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(names_cache, node.decorator_list)):
            yield node.name


def is_machinery(node: ast.expr) -> bool:
    """Tell whether it is a name that assertion rewriting has put in."""
    return isinstance(node, ast.Name) and node.id in {"@py_builtins", "@pytest_ar"}


def rebinds(node: ast.AST) -> bool:
    """Tell whether evaluating it may assign local variables."""
    return any(isinstance(each, ast.NamedExpr) for each in ast.walk(node))
