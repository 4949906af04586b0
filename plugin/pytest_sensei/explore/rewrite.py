"""Rewrites a module's syntax tree so that its functions announce each access to shared data.

Code that runs once, at import (the module's own statements and the bodies of classes), stays as it is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pytest_sensei.explore import syntax
from pytest_sensei.explore.expressions import OPERATORS, Expressions
from pytest_sensei.explore.scopes import Scope, analyse
from pytest_sensei.explore.syntax import (
    assign,
    at,
    constant,
    delete,
    hook,
    is_fresh,
    load,
    statement,
    through,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 8
"""Changes whenever the same source is rewritten differently: compiled code is cached."""

IN_PLACE = {
    ast.Add: "iadd",
    ast.Sub: "isub",
    ast.Mult: "imul",
    ast.MatMult: "imatmul",
    ast.Div: "itruediv",
    ast.FloorDiv: "ifloordiv",
    ast.Mod: "imod",
    ast.Pow: "ipow",
    ast.LShift: "ilshift",
    ast.RShift: "irshift",
    ast.BitOr: "ior",
    ast.BitAnd: "iand",
    ast.BitXor: "ixor",
}


def _attributes_of(node: ast.Match) -> list[str]:
    """Return the attributes that the patterns of a statement name."""
    patterns = [each for case in node.cases for each in ast.walk(case.pattern)]
    found = [each.kwd_attrs for each in patterns if isinstance(each, ast.MatchClass)]
    return list(dict.fromkeys(name for names in found for name in names))


def rewrite(tree: ast.Module) -> ast.Module:
    """Rewrite the tree in place, and return it."""
    scopes = analyse(tree)
    rewriter = _Rewriter(scopes, scopes[tree])
    rewriter.cached = frozenset(syntax.cached_functions(tree))
    rewriter.generic_visit(tree)
    return ast.fix_missing_locations(tree)


class _Rewriter(Expressions):
    """Rewrites statements. Where one has to become several, values wait in temporary variables."""

    def __init__(self, scopes: dict[ast.AST, Scope], scope: Scope) -> None:
        super().__init__(scopes, scope)
        self.temporaries = 0

    def temporary(self) -> str:
        self.temporaries += 1
        return f"@sensei_{self.temporaries}"

    def block(self, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
        """Rewrite a list of statements."""
        result: list[ast.stmt] = []
        for each in statements:
            rewritten = self.visit(each)
            result.extend(rewritten if isinstance(rewritten, list) else [rewritten])
        return result

    # Functions and classes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
        announced = self._announce_definition(node)
        is_cached = any(syntax.names_cache(each) for each in node.decorator_list)
        node.decorator_list = self.exprs(node.decorator_list)
        self.defaults(node.args)
        outer, self.scope = self.scope, self.scopes[node]
        native, self.native = self.native, False
        yields, self.yields = self.yields, False
        node.body = self._begun(node, self.block(node.body), is_cached=is_cached)
        self.scope, self.native, self.yields = outer, native, yields
        return [*announced, node]

    def _begun(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt], *, is_cached: bool
    ) -> list[ast.stmt]:
        """Announce that a generator, or a function with a cache, begins."""
        names = ["computing"] if is_cached else []
        begin = [statement(hook(body[0], name)) for name in names]
        if self.yields and isinstance(node, ast.FunctionDef):
            begin.append(statement(hook(body[0], "resumed", constant(body[0], None))))
        documented = ast.get_docstring(node, clean=False) is not None
        return [*body[:documented], *begin, *body[documented:]]

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt | list[ast.stmt]:
        announced = self._announce_definition(node)
        node.decorator_list = self.exprs(node.decorator_list)
        node.bases = self.exprs(node.bases)
        node.keywords = [self.visit_keyword(keyword) for keyword in node.keywords]
        outer, self.scope = self.scope, self.scopes[node]
        native, self.native = self.native, True
        node.body = self.block(node.body)
        self.scope, self.native = outer, native
        return [*announced, node]

    def _announce_definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> list[ast.stmt]:
        owner = None if self.native else self.shared(node.name)
        if owner is None:
            return []
        value = constant(node, syntax.NOVALUE)
        return [statement(self.variable("write", owner, load(node, node.name), value))]

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node

    # Storing

    def is_plain(self, target: ast.expr) -> bool:
        """Tell whether storing to the target touches nothing shared."""
        if isinstance(target, ast.Name):
            return self.shared(target.id) is None
        if isinstance(target, ast.Starred):
            return self.is_plain(target.value)
        return isinstance(target, (ast.Tuple, ast.List)) and all(map(self.is_plain, target.elts))

    def store(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        """Build the statements that announce and do `target = value`."""
        if isinstance(target, ast.Attribute):
            announcing = hook(
                target, "write_attr", value, self.expr(target.value), self.attribute_name(target)
            )
            return [statement(through(target, "setattr", announcing))]
        if isinstance(target, ast.Subscript):
            announcing = hook(target, "write_item", value, self.expr(target.value), self.key(target.slice))
            return [statement(through(target, "operator.setitem", announcing))]
        if isinstance(target, ast.Name):
            return [at(target, ast.Assign([target], self.written(target, value)))]
        assert isinstance(target, (ast.Tuple, ast.List))
        return self._unpack(target, value)

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> list[ast.stmt]:
        if self.is_plain(target):
            return [at(target, ast.Assign([target], value))]
        stores: list[ast.stmt] = []
        for index, element in enumerate(target.elts):
            name = self.temporary()
            inner = element.value if isinstance(element, ast.Starred) else element
            stores += [*self.store(inner, load(inner, name)), delete(inner, name)]
            held: ast.expr = at(inner, ast.Name(name, ast.Store()))
            target.elts[index] = at(inner, ast.Starred(held, ast.Store())) if inner is not element else held
        return [at(target, ast.Assign([target], value)), *stores]

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        if self.native:
            self.generic_visit(node)
            return node
        unpacked = any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets)
        node.value = self.looked_into(node.value) if unpacked else self.expr(node.value)
        if all(map(self.is_plain, node.targets)):
            return node
        if len(node.targets) == 1:
            return self.store(node.targets[0], node.value)
        name = self.temporary()
        stores = [each for target in node.targets for each in self.store(target, load(target, name))]
        return [assign(node, name, node.value), *stores, delete(node, name)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        if node.value is None:
            return node
        node.value = self.expr(node.value)
        if self.native:
            return node
        if not isinstance(node.target, ast.Name):
            return self.store(node.target, node.value)
        node.value = self.written(node.target, node.value)
        return node

    def visit_Delete(self, node: ast.Delete) -> ast.stmt | list[ast.stmt]:
        if self.native:
            self.generic_visit(node)
            return node
        return [each for target in node.targets for each in self._delete(target)]

    def _delete(self, target: ast.expr) -> list[ast.stmt]:
        if isinstance(target, ast.Attribute):
            announcing = hook(target, "delete_attr", self.expr(target.value), self.attribute_name(target))
            return [statement(through(target, "delattr", announcing))]
        if isinstance(target, ast.Subscript):
            announcing = hook(target, "delete_item", self.expr(target.value), self.key(target.slice))
            return [statement(through(target, "operator.delitem", announcing))]
        if isinstance(target, (ast.Tuple, ast.List)):
            return [each for element in target.elts for each in self._delete(element)] or [
                at(target, ast.Pass())
            ]
        assert isinstance(target, ast.Name)
        owner = self.shared(target.id)
        deletion: list[ast.stmt] = [at(target, ast.Delete([target]))]
        return deletion if owner is None else [statement(self.variable("delete", owner, target)), *deletion]

    # Augmented assignment: announce the read, read, compute, announce the write, write

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt | list[ast.stmt]:
        if self.native:
            self.generic_visit(node)
            return node
        if isinstance(node.target, ast.Name):
            return self._augment_name(node, node.target)
        rebinding = syntax.rebinds(node)
        value = self._operand(node)
        if isinstance(node.target, ast.Attribute):
            return self._augment_attribute(node, node.target, value, rebinding=rebinding)
        assert isinstance(node.target, ast.Subscript)
        return self._augment_item(node, node.target, value, rebinding=rebinding)

    def _augment_name(self, node: ast.AugAssign, target: ast.Name) -> ast.stmt:
        mutating = self._may_mutate(node)
        value = self._operand(node)
        owner = self.shared(target.id)
        if owner is None:
            node.value = hook(node, "growing", value, load(target, target.id)) if mutating else value
            return node
        name = load(target, target.id)
        read = syntax.after(self.variable("read", owner, name), name)
        computed = self._computed(node, read, value, mutating=mutating)
        return at(node, ast.Assign([target], self.variable("write", owner, target, computed)))

    def _may_mutate(self, node: ast.AugAssign) -> bool:
        """Tell whether the operation may change a container in place."""
        return type(node.op) in OPERATORS and not syntax.is_scalar(node.value)

    def _operand(self, node: ast.AugAssign) -> ast.expr:
        return self.looked_into(node.value) if self._may_mutate(node) else self.expr(node.value)

    def _computed(self, node: ast.AugAssign, old: ast.expr, value: ast.expr, *, mutating: bool) -> ast.expr:
        native = f"operator.{IN_PLACE[type(node.op)]}"
        if mutating:
            return through(node, native, hook(node, "in_place", old, value))
        return hook(node, native, old, value)

    def _augment_attribute(
        self, node: ast.AugAssign, target: ast.Attribute, value: ast.expr, *, rebinding: bool
    ) -> list[ast.stmt]:
        held, obj = self._once(target.value, rebinding=rebinding)
        attribute = self.attribute_name(target)
        reading = hook(target, "read_attr", obj, attribute)
        old = at(target, ast.Attribute(reading, target.attr, ast.Load()))
        computed = self._computed(node, old, value, mutating=self._may_mutate(node))
        announcing = hook(target, "write_attr", computed, obj, attribute)
        return self._released(held, statement(through(target, "setattr", announcing)))

    def _augment_item(
        self, node: ast.AugAssign, target: ast.Subscript, value: ast.expr, *, rebinding: bool
    ) -> list[ast.stmt]:
        held, obj = self._once(target.value, rebinding=rebinding)
        held_key, key = self._once(target.slice, rebinding=rebinding)
        old = through(target, "operator.getitem", hook(target, "read_item", obj, key))
        computed = self._computed(node, old, value, mutating=self._may_mutate(node))
        announcing = hook(target, "write_item", computed, obj, key)
        return self._released([*held, *held_key], statement(through(target, "operator.setitem", announcing)))

    def _once(self, node: ast.expr, *, rebinding: bool) -> tuple[list[ast.Assign], ast.expr]:
        """Build an operand that is needed twice, and the assignment that evaluates it if need be."""
        if isinstance(node, ast.Constant) or (self.is_local(node) and not rebinding):
            return [], node
        name = self.temporary()
        return [assign(node, name, self.key(node))], load(node, name)

    def _released(self, held: list[ast.Assign], last: ast.stmt) -> list[ast.stmt]:
        """Add the deletion of the temporary variables."""
        names = [target.id for each in held for target in each.targets if isinstance(target, ast.Name)]
        return [*held, last, delete(last, *names)] if names else [last]

    # Compound statements

    def _for(self, node: ast.For | ast.AsyncFor) -> ast.stmt:
        node.iter = self.iterated(node.iter) if isinstance(node, ast.For) else self.expr(node.iter)
        node.body = self.block(node.body)
        if not self.native and not self.is_plain(node.target):
            node.target, stores = self._stored_apart(node.target)
            node.body = [*stores, *node.body]
        node.orelse = self.block(node.orelse)
        return node

    visit_For = visit_AsyncFor = _for

    def _stored_apart(self, target: ast.expr) -> tuple[ast.Name, list[ast.stmt]]:
        """Let a temporary variable take what is meant for the target, and build what stores it there."""
        name = self.temporary()
        stores = [*self.store(target, load(target, name)), delete(target, name)]
        return at(target, ast.Name(name, ast.Store())), stores

    def visit_While(self, node: ast.While) -> ast.stmt:
        node.test = self.tested(node.test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return node

    def visit_If(self, node: ast.If) -> ast.stmt:
        node.test = self.tested(node.test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        node.test = self.tested(node.test)
        node.msg = None if node.msg is None else self.expr(node.msg)
        return node

    def _with(self, node: ast.With | ast.AsyncWith) -> ast.stmt:
        return self._nested_with(node, node.items, self.block(node.body))

    def _nested_with(
        self, node: ast.With | ast.AsyncWith, items: list[ast.withitem], body: list[ast.stmt]
    ) -> ast.stmt:
        """Build the statement. After a target that needs several statements, a nested one takes the rest."""
        for index, item in enumerate(items):
            item.context_expr = self.expr(item.context_expr)
            target = item.optional_vars
            if not self.native and target is not None and not self.is_plain(target):
                item.optional_vars, stores = self._stored_apart(target)
                rest = items[index + 1 :]
                inner = [self._nested_with(node, rest, body)] if rest else body
                return at(node, type(node)(items[: index + 1], [*stores, *inner]))
        return at(node, type(node)(items, body))

    visit_With = visit_AsyncWith = _with

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        if node.type is not None:
            node.type = self.expr(node.type)
        node.body = self.block(node.body)
        if node.name is None or self.native or self.shared(node.name) is None:
            return node
        target, bound = at(node, ast.Name(node.name, ast.Store())), self.temporary()
        node.body = [
            at(node, ast.Assign([target], self.written(target, load(node, bound)))),
            at(node, ast.Try(node.body, [], [], [self._unbound(node, node.name)])),
        ]
        node.name = bound
        return node

    def _unbound(self, node: ast.ExceptHandler, name: str) -> ast.stmt:
        """Build the end of a handler: its name goes, though somebody else may have deleted it already."""
        target = at(node, ast.Name(name, ast.Del()))
        gone = at(node, ast.ExceptHandler(load(node, "NameError"), None, [at(node, ast.Pass())]))
        return at(node, ast.Try(self._delete(target), [gone], [], []))

    def _import(self, node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        announced: list[ast.stmt] = []
        for name in () if self.native else names:
            owner = self.shared(name) if name != "*" else None
            if owner is not None:
                value = constant(node, syntax.NOVALUE)
                announced.append(statement(self.variable("write", owner, load(node, name), value)))
        return [*announced, node]

    visit_Import = visit_ImportFrom = _import

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        if self.native or is_fresh(node.subject):
            node.subject = self.expr(node.subject)
        else:  # patterns are no expressions: that they look at the subject is announced beforehand
            names = [constant(node, self.scope.mangle(name)) for name in _attributes_of(node)]
            node.subject = hook(node, "matched", self.expr(node.subject), *names)
        for case in node.cases:
            case.guard = None if case.guard is None else self.tested(case.guard)
            case.body = self.block(case.body)
        return node
