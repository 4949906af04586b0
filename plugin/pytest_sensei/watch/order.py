"""Locks taken in opposite orders: a deadlock that did not happen this time."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Actor, Diagnosis, Hold, Kind, Resource, Wait
from pytest_sensei.watch.discipline import gives_back_itself
from pytest_sensei.watch.places import is_user_file, line_of, place_of

if TYPE_CHECKING:
    from types import CodeType

    from pytest_sensei.primitives.runtime import Lockable, Strand


ENOUGH = 50  # nestings of the same two locks to compare with, before and after hand-overs


class Clock:
    """What a strand knows to lie behind it: how far each other strand had come.

    A vector clock (Mattern 1989) that start, join and hand-overs advance; ordinary locking orders nothing.
    """

    __slots__ = ("epoch", "seen")

    def __init__(self) -> None:
        self.epoch = 0
        self.seen: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Nesting:
    """`inner` was taken while `outer` was held."""

    strand: int  # serial
    thread: str
    epoch: int
    seen: dict[int, int]
    outer: Lockable
    inner: Lockable
    outer_at: tuple[CodeType, int]
    inner_at: tuple[CodeType, int]
    gates: frozenset[int]  # the other locks held: a common one makes the two exclude each other


class OrderBook:
    """The nestings of one test, and the inversions among them."""

    def __init__(self) -> None:
        self._serials: weakref.WeakKeyDictionary[Strand, int] = weakref.WeakKeyDictionary()
        self._last = 0
        self.clear()

    def clear(self) -> None:
        """Forget the nestings: a new test begins."""
        self._clocks: weakref.WeakKeyDictionary[Strand, Clock] = weakref.WeakKeyDictionary()
        self._nestings: dict[tuple[int, int], list[Nesting]] = {}
        self._nested: set[int] = set()  # the strands that have nested: of others nobody needs to know
        self._given: dict[int, tuple[weakref.ref[object], dict[int, int]]] = {}
        self._known: set[tuple[int, int, int, int]] = set()
        self.inversions: list[tuple[Nesting, Nesting]] = []

    def passed_on(self, giver: Strand, taker: Strand) -> None:
        """What `giver` did so far happens before what `taker` does from now on."""
        _merge(self._so_far(giver), self._clock(taker).seen)

    def gave(self, giver: Strand, through: object) -> None:
        """What `giver` did so far happens before what they do who take from the same object later."""
        reference, given = self._given.get(id(through), (None, {}))
        if reference is None or reference() is not through:
            self._given[id(through)] = weakref.ref(through), (given := {})
        _merge(self._so_far(giver), given)

    def took(self, taker: Strand, through: object) -> None:
        """`taker` goes on after what was given through an object."""
        reference, given = self._given.get(id(through), (None, {}))
        if reference is not None and reference() is through:
            _merge(given, self._clock(taker).seen)

    def _so_far(self, giver: Strand) -> dict[int, int]:
        """Return all that lies behind a strand; what it does from now on does not."""
        clock, serial = self._clock(giver), self._serial(giver)
        if serial not in self._nested:
            return dict(clock.seen)
        clock.epoch += 1
        return {**clock.seen, serial: clock.epoch - 1}

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody has taken a lock inside of another yet."""
        return not self._nested

    def nested(self, strand: Strand, thread: str, lock: Lockable, code: CodeType, lasti: int) -> None:
        """`strand` takes `lock` while it holds others."""
        if not is_user_file(code.co_filename):
            return
        serial, epoch = self._serial(strand), self._clock(strand).epoch
        for outer in strand:
            key = (serial, epoch, id(outer), id(lock))
            if outer is lock or key in self._known or outer._owner is not strand or outer._code is None:
                continue
            self._known.add(key)
            if is_user_file(outer._code.co_filename):
                self._add(self._nesting(strand, thread, outer, lock, (code, lasti)))

    def _nesting(
        self, strand: Strand, thread: str, outer: Lockable, inner: Lockable, at: tuple[CodeType, int]
    ) -> Nesting:
        clock = self._clock(strand)
        gates = frozenset(id(held) for held in strand if held is not outer)
        assert outer._code is not None
        where = (outer._code, outer._lasti)
        serial = self._serial(strand)
        return Nesting(serial, thread, clock.epoch, dict(clock.seen), outer, inner, where, at, gates)

    def _add(self, new: Nesting) -> None:
        self._nested.add(new.strand)
        for old in self._nestings.get((id(new.inner), id(new.outer)), ()):
            if could_meet(old, new):
                self.inversions.append((old, new))
                break
        known = self._nestings.setdefault((id(new.outer), id(new.inner)), [])
        if len(known) < ENOUGH:
            known.append(new)

    def _clock(self, strand: Strand) -> Clock:
        return self._clocks.setdefault(strand, Clock())

    def _serial(self, strand: Strand) -> int:
        if strand not in self._serials:
            self._last += 1
            self._serials[strand] = self._last
        return self._serials[strand]


def _merge(source: dict[int, int], target: dict[int, int]) -> None:
    for strand, epoch in tuple(source.items()):  # another thread may add to it
        target[strand] = max(target.get(strand, -1), epoch)


def could_meet(first: Nesting, second: Nesting) -> bool:
    """Tell whether two opposite nestings could run at the same time in another run."""
    if first.strand == second.strand or first.gates & second.gates:
        return False
    return not (_behind(first, second) or _behind(second, first))


def _behind(early: Nesting, late: Nesting) -> bool:
    """Tell whether `early` surely happened before `late`."""
    return late.seen.get(early.strand, -1) >= early.epoch


def diagnose(first: Nesting, second: Nesting, names: tuple[str, str], root: str | None) -> Diagnosis | None:
    """Explain one inversion; None when a side is not sure to be a hold."""
    places = [site for n in (first, second) for site in (n.outer_at, n.inner_at)]
    if not (gives_back_itself(*first.outer_at) and gives_back_itself(*second.outer_at)):
        return None  # somebody else may have given it back meanwhile: it was no hold of this thread then
    a, b, c, d = (place_of(code, line_of(code, lasti), root) for code, lasti in places)
    pid = os.getpid()
    return Diagnosis(
        kind=Kind.LOCK_ORDER,
        summary=f"{names[0]} and {names[1]} are taken in opposite orders",
        actors=(
            Actor("a1", "MainProcess", pid, first.thread, "running"),
            Actor("a2", "MainProcess", pid, second.thread, "running"),
        ),
        resources=(
            Resource("r1", type(first.outer).__name__, names[0]),
            Resource("r2", type(first.inner).__name__, names[1]),
        ),
        holds=(Hold("a1", "r1", a), Hold("a2", "r2", c)),
        waits=(Wait("a1", "r2", b), Wait("a2", "r1", d)),
        culprits=tuple(dict.fromkeys((b, d))),
    )
