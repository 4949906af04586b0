"""Who owns which name: the scopes of a module's source, and which of their variables threads may share.

The compiler's own `symtable` works on source text; assertion rewriting has changed the tree by then.
"""

from __future__ import annotations

import ast
import builtins
import enum
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ComprehensionNode = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Position = tuple[int, int]


class Sort(enum.Enum):
    """What kind of scope it is."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"  # runs to its end where it stands, in the same thread
    GENERATOR = "generator expression"
    TYPES = "type parameters"


class Binding(NamedTuple):
    """A place where a name gets a value."""

    done: Position  # from here on it does not happen again: the end of the statement or of the loop around it
    code: bool = False  # by def, class or import
    plain: bool = False  # by def or class


@dataclass(eq=False)
class Scope:
    """A region of source with names of its own. Names are mangled as the compiler does."""

    sort: Sort
    parent: Scope | None
    private: str | None = None  # the class whose private names are mangled here
    position: Position = (0, 0)
    loop: Position | None = None  # where the outermost loop ends, while one is walked
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    captures: dict[str, list[Position]] = field(default_factory=lambda: defaultdict(list))
    rebound: set[str] = field(default_factory=set)  # assigned by an inner function

    def mangle(self, name: str) -> str:
        if self.private is None or not name.startswith("__") or name.endswith("__") or "." in name:
            return name
        stripped = self.private.lstrip("_")
        return f"_{stripped}{name}" if stripped else name

    def owns(self, name: str) -> bool:
        return name in self.bindings and name not in self.globals and name not in self.nonlocals

    def owner(self, name: str) -> Scope:
        """Return the scope whose variable `name` means here; the module for globals and builtins."""
        if self.owns(name) or self.parent is None:
            return self
        if name in self.globals:
            return self.module()
        scope = self.parent
        while scope.parent is not None:
            if name in scope.globals and scope.sort is Sort.FUNCTION:
                return scope.module()
            if scope.owns(name) and scope.sort is not Sort.CLASS:
                return scope
            scope = scope.parent
        return scope

    def module(self) -> Scope:
        return self if self.parent is None else self.parent.module()

    def function(self) -> Scope:
        """Return the scope that `:=` binds in."""
        inner = self.sort in {Sort.COMPREHENSION, Sort.GENERATOR}
        return self.parent.function() if inner and self.parent is not None else self

    def is_plain_code(self, name: str) -> bool:
        """Tell whether its own variable `name` is always a function or class of this very source."""
        bindings = self.bindings.get(name, ())
        return bool(bindings) and all(binding.plain for binding in bindings)

    def is_foreign_code(self, name: str) -> bool:
        """Tell whether its own variable `name` is always code, and may be code of another source."""
        bindings = self.bindings.get(name, ())
        return bool(bindings) and all(each.code for each in bindings) and not self.is_plain_code(name)

    def shares(self, name: str) -> bool:
        """Tell whether its own variable `name` may be written while another thread can see it."""
        return self._shares_global(name) if self.parent is None else self._shares_variable(name)

    def _shares_global(self, name: str) -> bool:
        if name.startswith(("__", "@")):  # of the module machinery, of assertion rewriting
            return False
        bindings = self.bindings.get(name)
        if bindings is None:
            return not hasattr(builtins, name)
        return not all(binding.code for binding in bindings)

    def _shares_variable(self, name: str) -> bool:
        """Tell the same of a function's variable.

        It is settled when all its bindings are done before the first inner function that captures it begins:
        from then on nobody writes it.
        """
        captures, bindings = self.captures.get(name), self.bindings[name]
        if not captures or all(binding.code for binding in bindings):
            return False
        return name in self.rebound or max(binding.done for binding in bindings) > min(captures)


_NEVER: Final = (1 << 30, 0)  # past the end of every file


def analyse(tree: ast.Module) -> dict[ast.AST, Scope]:
    """Return the scope that each module, class, function, lambda and comprehension node opens."""
    collector = _Collector(tree)
    for scope in list(collector.scopes.values()):
        _capture(scope)
    return collector.scopes


def _capture(scope: Scope) -> None:
    bound_elsewhere = scope.nonlocals & set(scope.bindings)
    for name in scope.uses | scope.nonlocals:
        owner = scope.owner(name)
        if owner is scope or owner.parent is None:
            continue
        position = _where_captured(scope, owner)
        if position is not None:
            owner.captures[name].append(position)
            if name in bound_elsewhere:
                owner.rebound.add(name)


def _where_captured(scope: Scope, owner: Scope) -> Position | None:
    """Return where the outermost function between the two begins; None: there is none."""
    position = None
    while scope is not owner and scope.parent is not None:
        if scope.sort in {Sort.FUNCTION, Sort.GENERATOR}:
            position = scope.position
        scope = scope.parent
    return position


def _end(node: ast.AST) -> Position:
    return (getattr(node, "end_lineno", None) or 0, getattr(node, "end_col_offset", None) or 0)


def _start(node: ast.AST) -> Position:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))


class _Collector(ast.NodeVisitor):
    """Walks a module once and notes where names are bound and used."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes: dict[ast.AST, Scope] = {}
        self.scope = Scope(Sort.MODULE, None)
        self.scopes[tree] = self.scope
        self.done: Position | None = None  # where the statement that binds the names now visited ends
        self.generic_visit(tree)

    def bind(self, name: str, done: Position, *, code: bool = False, plain: bool = False) -> None:
        scope = self.scope
        name = scope.mangle(name)
        binding = Binding(scope.loop or done, code, plain)
        scope.bindings[name].append(binding)
        if name in scope.globals:
            scope.module().bindings[name].append(binding)

    def enter(self, node: ast.AST, sort: Sort, private: str | None = None) -> Scope:
        outer = self.scope
        self.scope = Scope(sort, outer, private or outer.private, _start(node))
        self.scopes[node] = self.scope
        return outer

    def visit_all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Functions and classes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bind(node.name, _end(node), code=True, plain=True)
        self.visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        outer = self._enter_type_parameters(node)
        self._visit_annotations(node)
        self._visit_function(node, node.body)
        self.scope = outer

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_defaults(node.args)
        self._visit_function(node, [node.body])

    def _visit_function(self, node: FunctionNode, body: list[ast.stmt] | list[ast.expr]) -> None:
        outer = self.enter(node, Sort.FUNCTION)
        for parameter in ast.walk(node.args):
            if isinstance(parameter, ast.arg):
                self.bind(parameter.arg, (0, 0))
        for statement in body:
            _Declarations(self.scope).visit(statement)
        self.visit_all(body)
        self.scope = outer

    def _visit_defaults(self, args: ast.arguments) -> None:
        self.visit_all(args.defaults)
        self.visit_all([default for default in args.kw_defaults if default is not None])

    def _visit_annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for parameter in ast.walk(node.args):
            if isinstance(parameter, ast.arg) and parameter.annotation is not None:
                self.visit(parameter.annotation)
        if node.returns is not None:
            self.visit(node.returns)

    def _enter_type_parameters(self, node: ast.AST) -> Scope:
        outer = self.scope
        parameters = getattr(node, "type_params", [])
        if parameters:
            self.scope = Scope(Sort.TYPES, outer, outer.private, _start(node))
            for parameter in parameters:
                self.bind(parameter.name, (0, 0), code=True)
            self.visit_all(parameters)
        return outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bind(node.name, _end(node), code=True, plain=True)
        self.visit_all(node.decorator_list)
        outer = self._enter_type_parameters(node)
        self.visit_all(node.bases)
        self.visit_all([keyword.value for keyword in node.keywords])
        self.enter(node, Sort.CLASS, node.name)
        for statement in node.body:
            _Declarations(self.scope).visit(statement)
        self.visit_all(node.body)
        self.scope = outer

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """Its value is evaluated on demand, in a scope of its own: nothing to announce."""

    # Comprehensions

    def _visit_comprehension(self, node: ComprehensionNode) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        lazy = isinstance(node, ast.GeneratorExp)
        outer = self.enter(node, Sort.GENERATOR if lazy else Sort.COMPREHENSION)
        self.scope.loop = _NEVER
        for generator in node.generators:
            self.visit(generator.target)
            if generator is not first:
                self.visit(generator.iter)
            self.visit_all(generator.ifs)
        self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scope = outer

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inner, self.scope = self.scope, self.scope.function()
        if inner is self.scope:
            self.bind(node.target.id, _end(node))
        else:
            self.bind(node.target.id, _NEVER)
            inner.uses.add(inner.mangle(node.target.id))
        self.scope = inner

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.scope.uses.add(self.scope.mangle(node.id))
        else:
            self.bind(node.id, self.done or _end(node))

    def _visit_binding_statement(self, node: ast.stmt) -> None:
        outer, self.done = self.done, _end(node)
        self.generic_visit(node)
        self.done = outer

    visit_Assign = visit_AnnAssign = visit_Delete = _visit_binding_statement

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.scope.uses.add(self.scope.mangle(node.target.id))
        self._visit_binding_statement(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._visit_loop(node, [node.target, *node.body])

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._visit_loop(node, [node.test, *node.body])

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.While, repeated: list[ast.AST]) -> None:
        outer, self.scope.loop = self.scope.loop, self.scope.loop or _end(node)
        self.visit_all(repeated)
        self.scope.loop = outer
        self.visit_all(node.orelse)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name.partition(".")[0], _end(node), code=True)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.bind(node.name, _NEVER)  # unbound at the handler's end
        self.generic_visit(node)

    def _visit_pattern(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.bind(node.name, _end(node))
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = _visit_pattern

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self.bind(node.rest, _end(node))
        self.generic_visit(node)


class _Declarations(ast.NodeVisitor):
    """Notes the `global` and `nonlocal` statements of one scope, before anything else is looked at."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.globals.update(map(self.scope.mangle, node.names))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.nonlocals.update(map(self.scope.mangle, node.names))

    def skip(self, node: ast.AST) -> None:
        """Inner scopes declare for themselves; expressions declare nothing."""

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = skip
    visit_Expr = visit_Assign = visit_Return = visit_Lambda = skip
