"""Small random programs whose threads share containers and objects, and all that can come of them, by brute force.

Each operation is said twice: as Python's source text, and as the steps it consists of, on real objects: a `yield`
stands before each access that others may come in front of. What the plugin makes of the source plays no part.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOWN = "(d, l, sorted(s), o.n, o.m, list(q), slots.n, dict(count), total, cell, out)"
MANY = 4_000  # interleavings of one program; few have as many

OPERATIONS: dict[str, tuple[str, Callable[[Any, int], Iterator[None]]]] = {}


def operation(source: str) -> Callable[[Callable[[Any, int], Iterator[None]]], None]:
    """Enter an operation: its source, where K stands for the number of the thread, and its steps."""

    def enter(steps: Callable[[Any, int], Iterator[None]]) -> None:
        OPERATIONS[steps.__name__.strip("_")] = (source, steps)

    return enter


# Reading, and then writing what was made of it


@operation("d['a'] += 1")
def _add_to_an_item(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.d["a"]
    yield
    it.d["a"] = value + 1


@operation("l[0] += K")
def _add_to_the_first(it: Any, k: int) -> Iterator[None]:
    yield
    value = it.l[0]
    yield
    it.l[0] = value + k


@operation("o.n += 1")
def _add_to_an_attribute(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.o.n
    yield
    it.o.n = value + 1


@operation("o.bump()")
def _add_in_a_method(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.o.n
    yield
    it.o.n = value + 1


@operation("setattr(o, 'n', getattr(o, 'n') + 3)")
def _add_by_name(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.o.n
    yield
    it.o.n = value + 3


@operation("slots.n += 1")
def _add_to_a_slot(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.slots.n
    yield
    it.slots.n = value + 1


@operation("count['k'] += 1")
def _count(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.count["k"]
    yield
    it.count["k"] = value + 1


@operation("total += 1")
def _add_to_a_global(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.total
    yield
    it.total = value + 1


@operation("cell += 1")
def _add_to_a_cell(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.cell
    yield
    it.cell = value + 1


@operation("o.m, o.n = o.n, o.m")
def _swap(it: Any, _: int) -> Iterator[None]:
    yield
    n = it.o.n
    yield
    m = it.o.m
    yield
    it.o.m = n
    yield
    it.o.n = m


@operation("d['a'] = d.get('a', 0) + 2")
def _get_and_set(it: Any, _: int) -> Iterator[None]:
    yield
    value = it.d.get("a", 0)
    yield
    it.d["a"] = value + 2


@operation("l.append(len(l))")
def _append_the_length(it: Any, _: int) -> Iterator[None]:
    yield
    length = len(it.l)
    yield
    it.l.append(length)


@operation("out.append([each + o.n for each in (1, 2)])")
def _read_twice(it: Any, _: int) -> Iterator[None]:
    found = []
    for each in (1, 2):
        yield
        found.append(each + it.o.n)
    yield
    it.out.append(found)


# Looking, and then acting


@operation("if l: out.append(l.pop())")
def _pop_if_there_is_one(it: Any, _: int) -> Iterator[None]:
    yield
    if it.l:
        yield
        item = it.l.pop()
        yield
        it.out.append(item)


@operation("if q: out.append(q.popleft())")
def _popleft_if_there_is_one(it: Any, _: int) -> Iterator[None]:
    yield
    if it.q:
        yield
        item = it.q.popleft()
        yield
        it.out.append(item)


@operation("if 7 not in s: s.add(7); o.n += 1")
def _claim(it: Any, _: int) -> Iterator[None]:
    yield
    if 7 not in it.s:
        yield
        it.s.add(7)
        yield
        value = it.o.n
        yield
        it.o.n = value + 1


@operation("if 'z' not in d: d['z'] = K")
def _set_what_is_missing(it: Any, k: int) -> Iterator[None]:
    yield
    if "z" not in it.d:
        yield
        it.d["z"] = k


# At once


@operation("l.append(K)")
def _append(it: Any, k: int) -> Iterator[None]:
    yield
    it.l.append(k)


@operation("q.append(K)")
def _append_to_a_deque(it: Any, k: int) -> Iterator[None]:
    yield
    it.q.append(k)


@operation("d.setdefault('z', K)")
def _set_default(it: Any, k: int) -> Iterator[None]:
    yield
    it.d.setdefault("z", k)


@operation("d.update(a=K, y=K)")
def _update(it: Any, k: int) -> Iterator[None]:
    yield
    it.d.update(a=k, y=k)


@operation("out.append(d.pop('a', None))")
def _pop_an_item(it: Any, _: int) -> Iterator[None]:
    yield
    item = it.d.pop("a", None)
    yield
    it.out.append(item)


@operation("out.append(sorted(d))")
def _see_the_keys(it: Any, _: int) -> Iterator[None]:
    yield
    keys = sorted(it.d)
    yield
    it.out.append(keys)


@operation("out.append(sum(l))")
def _see_all(it: Any, _: int) -> Iterator[None]:
    yield
    found = sum(it.l)
    yield
    it.out.append(found)


@operation("l[-1:] = [K, K]")
def _replace_the_last(it: Any, k: int) -> Iterator[None]:
    yield
    it.l[-1:] = [k, k]


@operation("o.n = K")
def _set(it: Any, k: int) -> Iterator[None]:
    yield
    it.o.n = k


@operation("del d['b']")
def _delete(it: Any, _: int) -> Iterator[None]:
    yield
    del it.d["b"]


@operation("l.remove(5)")
def _remove(it: Any, _: int) -> Iterator[None]:
    yield
    it.l.remove(5)


# Programs


@dataclass
class Shared:
    """What the threads of a program have in common."""

    d: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 5})
    l: list[int] = field(default_factory=lambda: [5])  # noqa: E741
    s: set[int] = field(default_factory=set)
    o: Any = field(default_factory=lambda: SimpleNamespace(n=0, m=10))
    q: deque[int] = field(default_factory=lambda: deque([9]))
    slots: Any = field(default_factory=lambda: SimpleNamespace(n=0))
    count: Counter[str] = field(default_factory=Counter)
    total: int = 0
    cell: int = 0
    out: list[Any] = field(default_factory=list)

    def shown(self) -> str:
        return repr(eval(SHOWN, {}, vars(self)))


BODY = """
import collections

class Box:
    def __init__(self):
        self.n, self.m = 0, 10

    def bump(self):
        self.n += 1

class Slots:
    __slots__ = ("n",)

total = 0

def test():
    global total
    total = cell = 0
    d, l, s, o, q, slots = dict(a=0, b=5), [5], set(), Box(), collections.deque([9]), Slots()
    slots.n, count, out, died = 0, collections.Counter(), [], []
{threads}
    together({names})
    left = repr({shown}) + str(sorted(died))
    assert {check}, left
"""
THREAD = """
    def work{number}():
        global total
        nonlocal cell
        try:
{lines}
        except (KeyError, IndexError, ValueError) as error:
            died.append(type(error).__name__ + " {number}")
"""


@dataclass(frozen=True)
class Program:
    """For each thread its operations."""

    threads: tuple[tuple[str, ...], ...]

    def source(self, check: str) -> str:
        """Return a test that starts the threads, joins them, and checks what they have `left`."""
        threads = [
            THREAD.format(
                number=number,
                lines="\n".join(
                    " " * 12 + OPERATIONS[name][0].replace("K", str(number + 1)) for name in names
                ),
            )
            for number, names in enumerate(self.threads)
        ]
        started = ", ".join(f"work{number}" for number in range(len(self.threads)))
        return BODY.format(threads="".join(threads), names=started, shown=SHOWN, check=check)


def program(seed: int) -> Program:
    """Return the program of a seed: two or three threads, that do a few things to the same few objects."""
    chance = random.Random(seed)
    names = chance.sample(sorted(OPERATIONS), chance.choice((1, 2, 3)))
    count = chance.choice((2, 2, 3))
    lengths = (1, 2, 2, 3) if count == 2 else (1, 1, 2)
    return Program(
        tuple(tuple(chance.choice(names) for _ in range(chance.choice(lengths))) for _ in range(count))
    )


def ends(wanted: Program) -> set[str] | None:
    """Return all that a program can leave, or None when it has too many interleavings."""
    found: set[str] = set()
    pending: list[tuple[int, ...]] = [()]
    for _ in range(MANY):
        if not pending:
            return found
        order = list(pending.pop())
        run = _Run(wanted, order)
        while run.alive:
            first, *others = sorted(run.alive)
            pending += [(*order, other) for other in others]
            run.step(first)
            order.append(first)
        found.add(run.shared.shown() + str(sorted(run.died)))
    return None


class _Run:
    """One interleaving: it begins with the steps of the given order."""

    def __init__(self, wanted: Program, order: list[int]) -> None:
        self.shared = Shared()
        self.died: list[str] = []
        self._threads = [self._thread(number, names) for number, names in enumerate(wanted.threads)]
        self.alive = set(range(len(self._threads)))
        for number in (*sorted(self.alive), *order):  # each comes to its first access, which nobody sees
            self.step(number)

    def step(self, number: int) -> None:
        if next(self._threads[number], self) is self:
            self.alive.discard(number)

    def _thread(self, number: int, names: tuple[str, ...]) -> Iterator[None]:
        try:
            for name in names:
                yield from OPERATIONS[name][1](self.shared, number + 1)
        except (KeyError, IndexError, ValueError) as error:
            self.died.append(f"{type(error).__name__} {number}")
