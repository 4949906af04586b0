"""Generated programs do the same, in the same order, native and instrumented."""

from __future__ import annotations

import random
import textwrap
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from announced import listening, names_of

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = 40
SEEDS = range(8)

WORLD = """\
trace = []

class Thing:
    '''Writes down everything that is done to it.'''

    def __init__(self, name):
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "plain", 1)
        object.__setattr__(self, "numbers", [3, 1, 2])

    def __repr__(self):
        return f"<{self.name}>"

    def __getattr__(self, name):
        trace.append(("getattr", self.name, name))
        if name.startswith("_") or name == "missing":
            raise AttributeError(name)
        return T(f"{self.name}.{name}")

    def __setattr__(self, name, value):
        trace.append(("setattr", self.name, name, repr(value)))
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        trace.append(("delattr", self.name, name))

    def __getitem__(self, key):
        trace.append(("getitem", self.name, repr(key)))
        if key == 13:
            raise KeyError(key)
        return T(f"{self.name}[{key!r}]"[-30:])

    def __setitem__(self, key, value):
        trace.append(("setitem", self.name, repr(key), repr(value)))

    def __delitem__(self, key):
        trace.append(("delitem", self.name, repr(key)))

    def __contains__(self, item):
        trace.append(("contains", self.name, repr(item)))
        return len(trace) % 2

    def __iter__(self):
        trace.append(("iter", self.name))
        yield from (1, T(self.name + "x"))

    def __bool__(self):
        trace.append(("bool", self.name))
        return len(trace) % 3 != 0

    def __len__(self):
        trace.append(("len", self.name))
        return 2

    def __call__(self, *args, **kwargs):
        trace.append(("call", self.name, repr(args), repr(kwargs)))
        return T(self.name + "()")

    def __add__(self, other):
        trace.append(("add", self.name, repr(other)))
        return T(f"{self.name}+")

    def __iadd__(self, other):
        trace.append(("iadd", self.name, repr(other)))
        return self

    def __sub__(self, other):
        trace.append(("sub", self.name, repr(other)))
        if other == 13:
            return NotImplemented
        return T(f"{self.name}-")

    def __eq__(self, other):
        trace.append(("eq", self.name, repr(other)))
        return len(trace) % 2 == 0

    def __lt__(self, other):
        trace.append(("lt", self.name, repr(other)))
        return len(trace) % 2

    def __hash__(self):
        return 7

    def __enter__(self):
        trace.append(("enter", self.name))
        return T(self.name + "^")

    def __exit__(self, *exc):
        trace.append(("exit", self.name, exc[0] and exc[0].__name__))

    def append(self, value):
        trace.append(("append", self.name, repr(value)))

    def pop(self, *args, **kwargs):
        trace.append(("pop", self.name, repr(args), repr(kwargs)))
        return T(self.name + ".pop")

def T(name):
    return Thing(name[-40:])

def e(number, value=None):
    trace.append(("e", number))
    return T(f"e{number}") if value is None else value

g = T("g")
shared = 0
"""


class Writer:
    """Makes up statements and expressions of a random program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.depth = 0

    def pick(self, *makers: Callable[[], str]) -> str:
        return self.random.choice(makers)()

    def call(self) -> str:
        self.number += 1
        return f"e({self.number})"

    def number_or_list(self) -> str:
        self.number += 1
        value = self.random.choice(["3", "[1, 2]", "{1: 2}", "(4, 5)", "{6}", "'ab'"])
        return f"e({self.number}, {value})"

    def atom(self) -> str:
        return self.pick(
            self.call,
            self.number_or_list,
            lambda: self.random.choice(
                ["a", "b", "g", "shared", "n", "a.plain", "b.numbers", "1", "13", "'k'"]
            ),
        )

    def expr(self) -> str:
        if self.depth > 2:
            return self.atom()
        self.depth += 1
        try:
            return self.pick(self.atom, self.operation, self.access, self.compound)
        finally:
            self.depth -= 1

    def operation(self) -> str:
        op = self.random.choice(["+", "-", "==", "<", "in", "not in", "and", "or", "is", "%", "|"])
        return self.random.choice([f"({self.expr()} {op} {self.expr()})", f"(not {self.expr()})"])

    def access(self) -> str:
        return self.pick(
            lambda: f"{self.thing()}.x",
            lambda: f"{self.thing()}[{self.expr()}]",
            lambda: f"{self.thing()}[{self.expr()}:{self.expr()}]",
            lambda: f"{self.thing()}[{self.expr()}, {self.expr()}]",
            lambda: f"{self.thing()}.missing",
            lambda: f"getattr({self.thing()}, 'y', {self.expr()})",
            lambda: f"{self.thing()}.append({self.expr()})",
            lambda: f"{self.thing()}.pop({self.expr()}, k={self.expr()})",
            lambda: f"{self.thing()}.go({self.expr()}, *{self.sequence()}, z={self.expr()})",
            lambda: f"b.numbers.index({self.expr()})",
        )

    def compound(self) -> str:
        return self.pick(
            lambda: f"[{self.expr()}, *{self.sequence()}]",
            lambda: f"{{'q': {self.expr()}, **{{'r': {self.expr()}}}}}",
            lambda: f"({self.expr()} if {self.expr()} else {self.expr()})",
            lambda: f"[(i, {self.expr()}) for i in {self.sequence()} if {self.expr()}]",
            lambda: f"list(j for j in {self.sequence()})",
            lambda: f'f"{{{self.thing()}}} {{{self.thing()}.x!r:>5}}"',
            lambda: f"(w := {self.expr()})",
            lambda: f"(lambda p={self.expr()}: (p, n))()",
            lambda: f"len({self.sequence()})",
            lambda: f"sorted({self.sequence()}, key=repr)",
            lambda: f"({self.expr()} < {self.expr()} in {self.sequence()})",
        )

    def thing(self) -> str:
        return self.random.choice(["a", "b", "g", self.call()])

    def sequence(self) -> str:
        self.number += 1
        return self.random.choice([f"e({self.number}, [1, 2])", f"e({self.number})", "b.numbers", "(1, 2)"])

    def target(self) -> str:
        return self.pick(
            lambda: f"{self.thing()}.x",
            lambda: f"{self.thing()}[{self.expr()}]",
            lambda: f"{self.thing()}[{self.expr()}:{self.expr()}]",
            lambda: self.random.choice(["x", "n", "shared", "b.plain"]),
        )

    def targets(self) -> str:
        return self.pick(
            self.target,
            lambda: f"{self.target()}, {self.target()}",
            lambda: f"{self.target()}, *{self.target()}",
            lambda: f"[{self.target()}, ({self.target()}, {self.target()})]",
        )

    def statement(self) -> list[str]:
        return self.random.choice([self.simple, self.simple, self.simple, self.block])()

    def simple(self) -> list[str]:
        return [
            self.pick(
                self.expr,
                lambda: f"{self.targets()} = {self.expr()}",
                lambda: f"{self.targets()} = {self.targets()} = {self.sequence()}",
                lambda: f"{self.target()} {self.random.choice(['+=', '-=', '|='])} {self.expr()}",
                lambda: f"del {self.thing()}.x, {self.thing()}[{self.expr()}]",
                lambda: f"a.z: int = {self.expr()}",
                lambda: f"assert {self.expr()}, {self.expr()}",
            )
        ]

    def block(self) -> list[str]:
        head = self.pick(
            lambda: f"if {self.expr()}:",
            lambda: f"for {self.targets()} in {self.sequence()}:",
            lambda: f"with {self.call()} as {self.target()}, {self.call()} as {self.target()}:",
            lambda: f"while {self.expr()} and len(trace) < 300:",
            lambda: "def inner():\n    nonlocal n",
        )
        body = [*self.statement(), *self.statement()]
        lines = [head, *(f"    {line}" for line in body)]
        return [*lines, "inner()"] if head.startswith("def") else lines

    def program(self) -> str:
        lines = [each for _ in range(5) for each in self.statement()]
        body = textwrap.indent("\n".join(lines), "        ")
        return (
            "def run():\n    global shared\n    n = 1\n    a = T('a')\n    b = T('b')\n    x = w = 0\n"
            f"    try:\n{body}\n    finally:\n"
            "        trace.append(sorted(filter(str.isidentifier, locals())))\n"
            "        keep = lambda: n\n"  # so that n is a variable of a closure
        )


def is_valid(source: str) -> bool:
    """Some made-up programs are none, such as those with a walrus in the wrong place."""
    try:
        compile(source, "<made up>", "exec")
    except SyntaxError:
        return False
    return True


def outcome(source: str, *, instrumented: bool) -> tuple[Any, ...]:
    """Run the program; return all it did, how it ended, and the lines of the traceback."""
    names = names_of(source, instrumented=instrumented)
    with listening(names):
        try:
            names["run"]()
        except Exception as error:
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)[1:]]
            ended = (type(error).__name__, str(error), lines)
        else:
            ended = ("returned", "", [])
    return names["trace"], ended, repr(names["g"]), repr(names["shared"])


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_programs_do_the_same_instrumented(seed: int) -> None:
    long = 0
    for number in range(PROGRAMS):
        source = WORLD + Writer(seed * 1000 + number).program()
        if not is_valid(source):
            continue
        native = outcome(source, instrumented=False)
        assert outcome(source, instrumented=True) == native, source[len(WORLD) :]
        long += len(native[0]) > 10
    assert long > PROGRAMS / 6, "too few of the programs do anything"
