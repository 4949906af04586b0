"""Rewrites expressions so that each access to shared data is announced right before it happens.

Order of evaluation stays as it is: an announcement is made by the hook that receives the last operand, and
hands all operands on to the native operation.
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from pytest_sensei.explore import syntax
from pytest_sensei.explore.containers import EFFECTS
from pytest_sensei.explore.syntax import at, constant, hook, is_fresh, is_scalar, through

if TYPE_CHECKING:
    from pytest_sensei.explore.scopes import ComprehensionNode, Scope

BY_NAME = {
    "getattr": "named_read",
    "hasattr": "named_read",
    "setattr": "named_write",
    "delattr": "named_delete",
}
LOOKING = {
    *("all", "any", "bool", "dict", "enumerate", "filter", "frozenset", "iter", "len", "list", "map", "max"),
    *("min", "next", "print", "repr", "reversed", "set", "sorted", "str", "sum", "tuple", "zip"),
}
"""Built-in functions that look into the containers they are given."""

GOING_THROUGH = frozenset({"iter", "list", "max", "min", "sorted", "tuple"})
"""Those whose result depends on the order of what they are given."""

RAW = frozenset({"__delattr__", "__getattribute__", "__setattr__", "format", "join"})
"""Methods that get at attributes or items beside the syntax for it."""

STEPPING = frozenset({"enumerate", "filter", "map", "zip"})
TRUTHS = frozenset({"all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"})
COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitOr: "or_",
    ast.BitAnd: "and_",
    ast.BitXor: "xor",
}
"""Operators that containers know, and the functions that do the same."""


class Expressions(ast.NodeTransformer):
    """Rewrites expressions inside functions. Outside (`native`), it only looks for functions."""

    def __init__(self, scopes: dict[ast.AST, Scope], scope: Scope) -> None:
        self.scopes = scopes
        self.scope = scope
        self.native = True
        self.cached: frozenset[str] = frozenset()  # the functions that `functools.cache` decorates
        self.yields = False  # the function that is being rewritten is a generator

    def expr(self, node: ast.expr) -> ast.expr:
        """Rewrite one expression."""
        rewritten = self.visit(node)
        assert isinstance(rewritten, ast.expr)
        return rewritten

    def exprs(self, nodes: list[ast.expr]) -> list[ast.expr]:
        return [self.expr(node) for node in nodes]

    # Names

    def shared(self, name: str) -> Scope | None:
        """Return the scope that owns the name, if threads may share it as a variable that changes."""
        name = self.scope.mangle(name)
        owner = self.scope.owner(name)
        return owner if owner.shares(name) else None

    def is_builtin(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Name) or not hasattr(builtins, node.id):
            return False
        owner = self.scope.owner(self.scope.mangle(node.id))
        return owner.parent is None and node.id not in owner.bindings

    def is_local(self, node: ast.expr) -> bool:
        """Tell whether it is a variable that only its own frame can change."""
        if not isinstance(node, ast.Name):
            return False
        owner = self.scope.owner(self.scope.mangle(node.id))
        return (
            owner is self.scope and owner.parent is not None and not owner.shares(self.scope.mangle(node.id))
        )

    def variable(self, verb: str, owner: Scope, node: ast.Name, *value: ast.expr) -> ast.Call:
        """Build the announcement of an access to a shared variable."""
        name = constant(node, self.scope.mangle(node.id))
        if owner.parent is None:
            return hook(node, f"{verb}_global", *value, constant(node, syntax.SPACE), name)
        return hook(node, f"{verb}_cell", *value, syntax.probe(node), name)

    def written(self, node: ast.Name, value: ast.expr) -> ast.expr:
        """Announce that `value` is about to be assigned to the name, if it is shared."""
        owner = self.shared(node.id)
        return value if owner is None else self.variable("write", owner, node, value)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self.native or not isinstance(node.ctx, ast.Load):
            return node
        owner = self.shared(node.id)
        return node if owner is None else syntax.after(self.variable("read", owner, node), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        node.value = self.expr(node.value)
        if not self.native:
            node.value = self.written(node.target, node.value)
        return node

    # Attributes and subscripts

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        silent = (
            self.native
            or syntax.is_super(node.value)
            or syntax.is_machinery(node.value)
            or (node.attr.startswith("__") and node.attr.endswith("__"))
        )
        node.value = self.expr(node.value)
        if not silent:
            node.value = hook(node, "read_attr", node.value, self.attribute_name(node))
        return node

    def attribute_name(self, node: ast.Attribute) -> ast.Constant:
        return constant(node, self.scope.mangle(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if self.native or not isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
            return node
        announcing = hook(node, "read_item", self.expr(node.value), self.key(node.slice))
        return through(node, "operator.getitem", announcing)

    def key(self, node: ast.expr) -> ast.expr:
        """Rewrite what stands between the brackets; a slice becomes a call of `slice`."""
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            values = [constant(node, None) if part is None else self.expr(part) for part in parts]
            return hook(node, "slice", *values)
        if isinstance(node, ast.Tuple):
            node.elts = [self.key(element) for element in node.elts]
            return node
        return self.expr(node)

    # Containers

    def looked_into(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression whose value is about to be looked into as a whole."""
        rewritten = self.expr(node)
        return rewritten if self.native or is_fresh(node) else hook(node, "whole", rewritten)

    def tested(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression that is asked for its truth."""
        if isinstance(node, ast.BoolOp):
            node.values = [self.tested(value) for value in node.values]
            return node
        if isinstance(node, ast.IfExp):  # its branches are tested where they stand
            node.test, node.body, node.orelse = map(self.tested, (node.test, node.body, node.orelse))
            return node
        if isinstance(node, ast.Name) and node.id == "__debug__":
            return node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRUTHS:
            return self.expr(node)
        return self.looked_into(node)

    def iterated(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression that is iterated over here."""
        if self.native or is_fresh(node):
            return self.expr(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and self.is_builtin(node.func):
            if node.func.id == "range":
                return self.expr(node)
            if node.func.id in STEPPING:
                node.args = [self._argument(argument, "each") for argument in node.args]
                self._called_back(node, node.func.id)
                return node
        return hook(node, "each", self.expr(node))

    def _argument(self, node: ast.expr, looking: str) -> ast.expr:
        rewritten = self.expr(node)
        if isinstance(node, ast.Starred) or is_fresh(node):
            return rewritten
        return hook(node, looking, rewritten)

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            node.value = self.looked_into(node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        for index, key in enumerate(node.keys):
            if key is None:
                node.values[index] = self.looked_into(node.values[index])
            else:
                node.keys[index] = self.expr(key)
                node.values[index] = self.expr(node.values[index])
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        node.value = self.looked_into(node.value) if node.arg is None else self.expr(node.value)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:
        node.value = self.looked_into(node.value)
        if node.format_spec is not None:
            node.format_spec = self.expr(node.format_spec)
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.expr:
        self.yields = True
        node.value = None if node.value is None else self.expr(node.value)
        return node if self.native else hook(node, "resumed", node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.expr:
        node.value = self.looked_into(node.value)
        return node

    # Calls

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if self.native:
            self.generic_visit(node)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in EFFECTS:
            return self._method_call(node, node.func.attr)
        elif isinstance(node.func, ast.Name) and self.is_builtin(node.func):
            self._builtin_call(node, node.func.id)
        elif self._may_be_foreign(node.func) and not any(isinstance(each, ast.Starred) for each in node.args):
            return self._announced_call(node, "before_any_call", "before_any_keyword_call")
        else:
            silent = syntax.is_super(node.func) or not self._may_hold_other(node.func)
            self.generic_visit(node)
            if not silent:
                node.func = hook(node, "told", node.func)
        return node

    def _may_hold_other(self, function: ast.expr) -> bool:
        """Tell whether what is called by this name may be another's method."""
        if isinstance(function, ast.Attribute):
            return not (syntax.is_super(function.value) or syntax.is_machinery(function.value))
        is_cached = isinstance(function, ast.Name) and function.id in self.cached
        return is_cached or isinstance(function, ast.Call) or self._may_be_foreign(function)

    def _may_be_foreign(self, function: ast.expr) -> bool:
        """Tell whether what is called may be code that does not announce for itself.

        Methods by their own names are left alone: a call through a hook costs stack, and they may recurse.
        """
        if isinstance(function, ast.Attribute):
            return function.attr in RAW or self._is_imported(function.value)
        if isinstance(function, ast.Name):
            name = self.scope.mangle(function.id)
            return not name.startswith("@") and not self.scope.owner(name).is_plain_code(name)
        return isinstance(function, (ast.Subscript, ast.Call))

    def _is_imported(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Name) or node.id.startswith("@"):
            return False
        name = self.scope.mangle(node.id)
        owner = self.scope.owner(name)
        return owner.is_foreign_code(name)

    def _method_call(self, node: ast.Call, name: str) -> ast.expr:
        return self._announced_call(node, "before_call", "before_keyword_call", constant(node, name))

    def _announced_call(self, node: ast.Call, hooked: str, with_keywords: str, *name: ast.expr) -> ast.expr:
        self.generic_visit(node)
        operands = [*name, node.func, *node.args]
        if node.keywords or sys.version_info < (3, 11):  # there is no `operator.call` yet
            ready = hook(node, with_keywords, *operands)
            ready.keywords = node.keywords
            return at(node, ast.Call(ready, [], []))
        return through(node, "operator.call", hook(node, hooked, *operands))

    def _builtin_call(self, node: ast.Call, name: str) -> None:
        if name in BY_NAME and not node.keywords:
            self.generic_visit(node)
            announcing = hook(node, BY_NAME[name], *node.args)
            node.args = [at(node, ast.Starred(announcing, ast.Load()))]
        elif name in LOOKING:
            looking = "advanced" if name == "next" else "gone_through" if name in GOING_THROUGH else "whole"
            node.args = [self._argument(argument, looking) for argument in node.args]
            node.keywords = [self.visit_keyword(keyword) for keyword in node.keywords]
            self._called_back(node, name)
        else:
            self.generic_visit(node)

    def _called_back(self, node: ast.Call, name: str) -> None:
        """Let what a built-in function calls, or writes to, be told of."""
        if name in ("map", "filter") and node.args and not isinstance(node.args[0], ast.Starred):
            node.args[0] = hook(node, "told", node.args[0])
        for keyword in node.keywords:
            if name == "print" and keyword.arg == "file":
                keyword.value = hook(node, "printed_to", keyword.value)

    # Operators

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        *tests, last = node.values
        node.values = [*map(self.tested, tests), self.expr(last)]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        node.operand = self.tested(node.operand) if isinstance(node.op, ast.Not) else self.expr(node.operand)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test = self.tested(node.test)
        node.body = self.expr(node.body)
        node.orelse = self.expr(node.orelse)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        if not self.native and len(node.ops) == 1:
            return self._compare(node, node.ops[0], node.left, node.comparators[0])
        if isinstance(node.ops[-1], (ast.In, ast.NotIn)):
            last = node.comparators.pop()
            self.generic_visit(node)
            node.comparators.append(self.looked_into(last))
        else:
            self.generic_visit(node)
        return node

    def _compare(self, node: ast.Compare, op: ast.cmpop, left: ast.expr, right: ast.expr) -> ast.expr:
        if isinstance(op, (ast.In, ast.NotIn)) and not is_fresh(right):
            announcing = hook(node, "contains", self.expr(left), self.expr(right))
            found = through(node, "operator.contains", announcing)
            return found if isinstance(op, ast.In) else at(node, ast.UnaryOp(ast.Not(), found))
        native = COMPARISONS.get(type(op))
        if native is None or is_scalar(left) or is_scalar(right):
            self.generic_visit(node)
        elif is_fresh(left):  # the right operand is evaluated last
            node.left, node.comparators = self.expr(left), [self.looked_into(right)]
        else:
            return self._binary(node, native, left, right)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = node.left, node.right
        native = OPERATORS.get(type(node.op))
        if isinstance(node.op, ast.Mod) and isinstance(left, ast.Constant):
            node.right = self._formatted(right)
        elif self.native or native is None or is_scalar(left) or is_scalar(right):
            self.generic_visit(node)
        elif is_fresh(left):  # the right operand is evaluated last
            node.left, node.right = self.expr(left), self.looked_into(right)
        else:
            return self._binary(node, native, left, right)
        return node

    def _binary(self, node: ast.expr, native: str, left: ast.expr, right: ast.expr) -> ast.expr:
        looking = "left_one" if is_fresh(right) else "both"
        return through(node, f"operator.{native}", hook(node, looking, self.expr(left), self.expr(right)))

    def _formatted(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Tuple):
            return self.looked_into(node)
        node.elts = [
            self.expr(each) if isinstance(each, ast.Starred) else self.looked_into(each) for each in node.elts
        ]
        return node

    # Comprehensions and lambdas

    def _comprehension(self, node: ComprehensionNode) -> ast.expr:
        first = node.generators[0]
        first.iter = self._source(first)
        outer, self.scope = self.scope, self.scopes[node]
        for generator in node.generators:
            if generator is not first:
                generator.iter = self._source(generator)
            generator.ifs = [self.tested(test) for test in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.expr(node.key), self.expr(node.value)
        else:
            node.elt = self.expr(node.elt)
        self.scope = outer
        return node

    def _source(self, generator: ast.comprehension) -> ast.expr:
        return self.expr(generator.iter) if generator.is_async else self.iterated(generator.iter)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.defaults(node.args)
        outer, self.scope = self.scope, self.scopes[node]
        native, self.native = self.native, False
        node.body = self.expr(node.body)
        self.scope, self.native = outer, native
        return node

    def defaults(self, args: ast.arguments) -> None:
        """Rewrite the default values of parameters, which the defining scope evaluates."""
        args.defaults = self.exprs(args.defaults)
        args.kw_defaults = [None if each is None else self.expr(each) for each in args.kw_defaults]
