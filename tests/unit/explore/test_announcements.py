"""What instrumented code announces, and what it keeps to itself."""

from __future__ import annotations

import sys
import textwrap

import pytest
from announced import announced, listening, names_of

PRELUDE = """\
from __future__ import annotations
import collections
import functools
import threading

class Counter:
    kind = "plain"
    total = 0

    def __init__(self):
        self.n = 0

    def bump(self):
        return 1

    @property
    def twice(self):
        return 2

    @staticmethod
    def fixed():
        return 3

class Slotted:
    __slots__ = ("value", "empty")

    def __init__(self):
        self.value = 1

class Private:
    def secret(self):
        self.__word = 1
        return self.__word

class Own(threading.local):
    pass

class Pairs(dict):
    pass

class Lazy:
    @functools.cached_property
    def thing(self):
        return 1

class Equal:
    def __hash__(self):
        return 1
    def __eq__(self, other):
        return True

class Sized:
    def __init__(self):
        self.size = 1
    def __len__(self):
        return self.size
    def __getitem__(self, key):
        return self.size

count = 0
LIMIT = 5
counter = vars(Counter)  # any name bound once is as good
c = Counter()
slotted = Slotted()
items = [3, 1, 2]
table = {"a": 1}
members = {1, 2}
line = collections.deque([1, 2])
"""


def heard(body: str) -> list[str]:
    """Return what the body of a function announces, without the reads of the globals it works on."""
    source = (
        PRELUDE + "def run(c=c, slotted=slotted, items=items, table=table, members=members, line=line):\n"
    )
    return announced(source + textwrap.indent(textwrap.dedent(body), "    "))


ATTRIBUTES = {
    "read": ("c.n", ["read Counter.n"]),
    "write": ("c.n = 7", ["write Counter.n = 7"]),
    "delete": ("del c.n", ["delete Counter.n"]),
    "augmented": ("c.n += 2", ["read Counter.n", "write Counter.n = 2"]),
    "annotated": ("c.n: int = 3", ["write Counter.n = 3"]),
    "annotation alone": ("c.n: int", []),
    "absent": ("try: c.nothing\nexcept AttributeError: pass", ["read Counter.nothing"]),
    "class variable": ("Counter.total", ["read class Counter.total"]),
    "class variable written": ("Counter.total = 1", ["write class Counter.total = 1"]),
    "class variable of an instance": ("c.total", ["read Counter.total", "read class Counter.total"]),
    "slot": ("slotted.value += 1", ["read Slotted.value", "write Slotted.value = 2"]),
    "empty slot": ("slotted.empty = 0", ["write Slotted.empty = 0"]),
    "private": ("Private().secret()", ["write Private._Private__word = 1", "read Private._Private__word"]),
    "by name": ("getattr(c, 'n')", ["read Counter.n"]),
    "by name with default": ("getattr(c, 'm', 1)", ["read Counter.m"]),
    "asked for": ("hasattr(c, 'n')", ["read Counter.n"]),
    "set by name": ("setattr(c, 'n', 4)", ["write Counter.n = 4"]),
    "deleted by name": ("delattr(c, 'n')", ["delete Counter.n"]),
    "cached property": ("Lazy().thing", ["read Lazy.thing"]),
    "chained": ("c.n = c.m = 5", ["write Counter.n = 5", "write Counter.m = 5"]),
    "tuple target": ("c.n, c.m = 1, 2", ["write Counter.n = 1", "write Counter.m = 2"]),
    "starred target": ("c.n, *c.m = 1, 2, 3", ["write Counter.n = 1", "write Counter.m = [2, 3]"]),
    "loop target": ("for c.n in (1, 2): pass", ["write Counter.n = 1", "write Counter.n = 2"]),
    "method": ("c.bump()", []),
    "static method": ("c.fixed()", []),
    "property": ("c.twice", []),
    "thread-local": ("Own().x = 1", []),
    "local variable": ("x = 1; x += 1; x", []),
    "function of a module": ("collections.deque(); functools.partial(len)", []),
}

ITEMS = {
    "read": ("table['a']", ["read dict['a']"]),
    "write": ("table['b'] = 2", ["write dict['b'] = 2"]),
    "delete": ("del table['a']", ["delete dict['a']"]),
    "augmented": ("table['a'] += 1", ["read dict['a']", "write dict['a'] = 2"]),
    "index": ("items[1]", ["read list[1]"]),
    "index from the end": ("items[-1]", ["read list[2]"]),
    "index written": ("items[0] = 9", ["write list[0] = 9"]),
    "deletion moves the others": ("del items[0]", ["delete list[*]"]),
    "slice": ("items[1:]", ["read list[*]"]),
    "slice written": ("items[:] = []", ["write list[*] = []"]),
    "deque": ("line[0]", ["read deque[0]"]),
    "subclass": ("Pairs(a=1)['a']", ["read Pairs['a']"]),
    "key whose hash is the user's": ("table.get(Equal())", ["read dict[*]"]),
    "default of a missing key": (
        "d = collections.defaultdict(int); d['x']; d['x']",
        ["write defaultdict['x']", "read defaultdict['x']"],
    ),
    "own subscript": ("Sized()['a']", ["write Sized.size = 1", "read Sized.size"]),
    "tuple": ("(1, 2)[0]", []),
    "text": ("'abc'[1]", []),
    "generic type": ("list[int]", []),
}

CONTAINERS = {
    "append": ("items.append(4)", ["write list[*]"]),
    "pop": ("items.pop()", ["write list[*]"]),
    "sort with a key": ("items.sort(key=abs)", ["write list[*]"]),
    "unbound": ("list.append(items, 1)", ["write list[*]"]),
    "by a function of operator": (
        "import operator\noperator.setitem(table, 'b', operator.getitem(table, 'a'))",
        ["read dict['a']", "write dict['b']"],
    ),
    "extended by a function of operator": (
        "import operator\noperator.iadd(items, [1])",
        ["read list[*]", "write list[*]"],
    ),
    "called by a methodcaller": (
        "import operator\nadd = operator.methodcaller('append', 3)\nadd(items)",
        ["write list[*]"],
    ),
    "bound and called at once": ("functools.partial(items.append, 1)()", ["write list[*]"]),
    "mapped": ("[*map(items.append, (1, 2))]", ["write list[*]"] * 2),
    "called with all that a list holds": (
        "put = items.append\nline.popleft()\nput(*line)",
        ["write deque[*]", "read deque[*]", "write list[*]"],
    ),
    "buffer of text": (
        "import io\nf = io.StringIO()\nf.write('a')\nf.getvalue()\nprint(1, file=f)",
        ["write StringIO[*]", "read StringIO[*]", "write StringIO[*]"],
    ),
    "get": ("table.get('a', 0)", ["read dict['a']"]),
    "setdefault": ("table.setdefault('a', 0)", ["write dict['a']"]),
    "dict pop": ("table.pop('a')", ["delete dict['a']"]),
    "update": ("table.update(b=1)", ["write dict[*]"]),
    "set add": ("members.add(3)", ["write set[3]"]),
    "set discard": ("members.discard(1)", ["delete set[1]"]),
    "popleft": ("line.popleft()", ["write deque[*]"]),
    "len": ("len(items)", ["read list[*]"]),
    "in list": ("3 in items", ["read list[*]"]),
    "in dict": ("'a' not in table", ["read dict['a']"]),
    "in set": ("1 in members", ["read set[1]"]),
    "truth": ("if items: pass", ["read list[*]"]),
    "not": ("not table", ["read dict[*]"]),
    "and": ("items and table", ["read list[*]"]),
    "while": ("while items: break", ["read list[*]"]),
    "conditional": ("1 if members else 2", ["read set[*]"]),
    "assert": ("assert items", ["read list[*]"]),
    "comparison": ("items == [1]", ["read list[*]"]),
    "sum of two": ("items + [1]", ["read list[*]"]),
    "extended in place": ("items += [1]", ["write list[*]"]),
    "sorted": ("sorted(items)", ["read list[*]"]),
    "formatted": ("f'{items}'", ["read list[*]"]),
    "percent": ("'%s' % items", ["read list[*]"]),
    "unpacked": ("a, *b = items", ["read list[*]"]),
    "star argument": ("print(*[], *line, end='')", ["read deque[*]"]),
    "double star": ("dict(**table)", ["read dict[*]"]),
    "loop over a list": ("for x in items: pass", ["read list[*]"] * 4),
    "loop over a dict": ("for x in table: pass", ["read dict[*]"] * 3),
    "comprehension": ("[x for x in line]", ["read deque[*]"] * 4),
    "enumerate": ("for i, x in enumerate(items): pass", ["read list[*]"] * 4),
    "view": ("v = table.items()\nfor x in v: pass", ["read dict[*]"] * 4),
    "own length": ("len(Sized())", ["write Sized.size = 1", "read Sized.size"]),
    "foreign container": ("collections.UserList([1]).append(2)", ["read list[*]", "write UserList[*]"]),
    "method of text": ("'abc'.index('b'); ' '.join(['a'])", ["read list[*]"]),
    "numbers": ("x = 1\nif x: x = x * 2 + x", []),
    "range": ("for i in range(3): pass", []),
    "literal": ("2 in (1, 2)\nfor i in [1]: pass", []),
}

VARIABLES = {
    "global read": ("global count\ncount", ["read global count"]),
    "global written": ("global count\ncount = 4", ["write global count = 4"]),
    "global augmented": ("global count\ncount += 1", ["read global count", "write global count = 1"]),
    "global deleted": ("global count\ndel count", ["delete global count"]),
    "global target of a loop": ("global count\nfor count in (8,): pass", ["write global count = 8"]),
    "global walrus": ("global count\n(count := 3)", ["write global count = 3"]),
    "function": ("Counter; threading; len", []),
    "nonlocal": (
        "n = 0\ndef up():\n    nonlocal n\n    n += 1\nup()",
        ["write variable n = 0", "read variable n", "write variable n = 1"],
    ),
    "written after capture": (
        "f = lambda: n\nn = 2\nf()",
        ["write variable n = 2", "read variable n"],
    ),
    "captured in a loop": (
        "fs = []\nfor i in (1, 2): fs += [lambda: i]\nfs[0]()",
        [
            *("write variable i = 1", "write list[*]", "write variable i = 2", "write list[*]"),
            *("read list[0]", "read variable i"),
        ],
    ),
    "settled before capture": ("n = 2\nf = lambda: n\nf()", []),
    "parameter": ("def outer(n): return lambda: n\nouter(1)()", []),
    "inner function": ("def f(): return g\ndef g(): pass\nf()", []),
    "used in a comprehension": ("n = 2\nfor n in (1, 2): [n for _ in (1,)]", []),
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [pytest.param(*row, id=f"{group}-{name}") for group, table in [
        ("attribute", ATTRIBUTES), ("item", ITEMS), ("container", CONTAINERS), ("variable", VARIABLES)
    ] for name, row in table.items()],
)  # fmt: skip
def test_announced(body: str, expected: list[str]) -> None:
    assert heard(body) == expected


def test_announcement_comes_after_all_operands_are_evaluated() -> None:
    assert heard("items.append(c.n)") == ["read Counter.n", "write list[*]"]
    assert heard("table['b'] = c.n") == ["read Counter.n", "write dict['b'] = 0"]
    assert heard("c.n = items[c.n]") == ["read Counter.n", "read list[0]", "write Counter.n = 3"]


def test_target_of_an_augmented_assignment_is_evaluated_once() -> None:
    body = """
    calls = []
    def get():
        calls.append(1)
        return c
    get().n += 1
    get().m = 1
    assert len(calls) == 2
    """
    assert [each for each in heard(body) if "Counter" in each] == [
        "read Counter.n", "write Counter.n = 1", "write Counter.m = 1",
    ]  # fmt: skip


def test_two_activations_of_a_function_have_two_variables() -> None:
    names = names_of(
        "def counter():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n    return up\n",
        instrumented=True,
    )
    cells = []

    class Cells:
        def access(self, obj: object, field: object, kind: object, value: object) -> None:
            cells.append(obj)

    with listening(names):
        first, second = names["counter"](), names["counter"]()
        from pytest_sensei.explore import hooks

        hooks.observe_with(Cells())
        first()
        second()
        first()
    assert cells[0] is cells[1] is cells[4] is first.__closure__[0]
    assert cells[2] is second.__closure__[0]


def test_write_to_a_module_is_a_write_to_its_globals() -> None:
    names = names_of(
        "import types\nmod = types.ModuleType('mod')\ndef run():\n    mod.x = 1\n    return mod.x\n",
        instrumented=True,
    )
    with listening(names) as listener:
        names["run"]()
    listener.names = vars(names["mod"])
    assert len(listener.heard) == 2


def test_announcements_stand_on_the_line_of_the_access() -> None:
    names = names_of(
        "def run(c):\n    x = (\n        c[0],\n        c[1],\n    )\n    c[2] = x\n", instrumented=True
    )
    with listening(names) as listener:
        names["run"]([1, 2, 3])
    assert listener.lines == [3, 4, 6]


def test_class_bodies_are_silent_and_their_functions_are_not() -> None:
    body = """
    class Made:
        start = c.n
        doubled = [c.n for _ in (1,)]
        def get(self):
            return c.n
    Made().get()
    """
    assert heard(body) == ["read Counter.n"]


def test_async_code_announces() -> None:
    body = """
    async def step():
        c.n += 1
        async with Manager() as c.m:
            pass
        async for c.n in once():
            pass
    class Manager:
        async def __aenter__(self): return 5
        async def __aexit__(self, *exc): pass
    async def once():
        yield 6
    try:
        step().send(None)
    except StopIteration:
        pass
    """
    assert heard(body) == [
        "read Counter.n", "write Counter.n = 1", "write Counter.m = 5", "write Counter.n = 6",
    ]  # fmt: skip


def test_several_targets_of_with_are_stored_in_turn() -> None:
    body = """
    from contextlib import nullcontext
    with nullcontext(1) as c.n, nullcontext(c.n) as c.m, nullcontext(2) as (c.k, x):
        assert x
    """
    with pytest.raises(TypeError, match="cannot unpack"):
        heard(body)
    assert heard(body.replace("(2)", "((2, 3))")) == [
        "write Counter.n = 1", "read Counter.n", "write Counter.m = 1", "write Counter.k = 2",
    ]  # fmt: skip


def test_match_subject_and_guard_announce() -> None:
    body = """
    match c.n:
        case 0 if items:
            c.m = 1
    """
    assert heard(body) == ["read Counter.n", "read list[*]", "write Counter.m = 1"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_are_no_shared_variables() -> None:
    assert heard("def f[T](x: T) -> list[T]:\n    return [T, x]\nf(1)") == []
