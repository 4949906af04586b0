"""Finds the fields that are worth a schedule point: touched by two tasks, written, and not ordered by start or join."""

from __future__ import annotations

import types
from itertools import starmap
from typing import TYPE_CHECKING

from pytest_sensei.explore.access import ANY

if TYPE_CHECKING:
    from collections.abc import Hashable

FieldName = tuple[object, object]
"""A field as it is known from one execution to the next: an object has no identity that lasts."""


class Track:
    """The accesses to one field in one execution."""

    __slots__ = ("active", "obj", "readers", "value", "writer")

    def __init__(self, obj: object, *, active: bool) -> None:
        self.obj = obj  # kept alive: another object must not get its identity
        self.active = active
        self.writer: tuple[int, int] | None = None  # the task of the last write and its epoch then
        self.readers: dict[int, int] = {}  # the epochs of the last reads since, by task


class Epochs:
    """What a task knows of the others by starts and joins alone: these order all executions alike."""

    __slots__ = ("known", "mine", "tid")

    def __init__(self, tid: int, known: dict[int, int]) -> None:
        self.tid = tid
        self.mine = 1
        self.known = known

    def child(self, tid: int) -> Epochs:
        """Return the epochs of a task that this one starts."""
        known = {**self.known, self.tid: self.mine}
        self.mine += 1
        return Epochs(tid, known)

    def learn(self, ended: Epochs) -> None:
        """Take in what a task knew that has been joined."""
        for tid, epoch in (*ended.known.items(), (ended.tid, ended.mine)):
            if self.known.get(tid, 0) < epoch:
                self.known[tid] = epoch

    def after(self, tid: int, epoch: int) -> bool:
        return tid == self.tid or self.known.get(tid, 0) >= epoch


def conflict(track: Track, epochs: Epochs, *, writes: bool) -> bool:
    """Note an access. Tells whether it conflicts with an earlier one that nothing lasting orders."""
    writer = track.writer
    clash = writer is not None and not epochs.after(*writer)
    if writes:
        clash = clash or not all(starmap(epochs.after, track.readers.items()))
        track.writer = (epochs.tid, epochs.mine)
        track.readers.clear()
    else:
        track.readers[epochs.tid] = epochs.mine
    return clash


FIRST_ID = 0x7F00_0000_0000  # as a real one looks


class Names:
    """Names objects so that the next execution names them the same."""

    def __init__(self) -> None:
        self._early: dict[int, int] = {}  # objects touched while the test was alone, in order
        self.alone = True
        self._ids: dict[int, tuple[int, object]] = {}  # what `identify` has answered; keeps the objects alive

    def identify(self, obj: object) -> int:
        """Return a number that only this object has in this execution, and it, or its like, in all others."""
        known = self._ids.get(id(obj))
        if known is None:
            early = self._early.get(id(obj))
            number = len(self._ids) if early is None else early
            known = self._ids[id(obj)] = (16 * (2 * number + (early is None)) + FIRST_ID, obj)
        return known[0]

    def of(self, obj: object, field: Hashable) -> FieldName:
        """Return the lasting name of a field: of an early object its own, else one for all of its type."""
        if type(obj) is dict and isinstance(field, str):
            return obj.get("__name__"), field
        if isinstance(obj, type):
            return f"class {obj.__module__}.{obj.__qualname__}", field
        number = self._early.get(id(obj))
        if number is None and self.alone:
            number = self._early[id(obj)] = len(self._early)
        if number is not None:
            return number, field
        kind = type(obj)
        return (
            (f"{kind.__module__}.{kind.__qualname__}", field)
            if kind is not types.CellType
            else ("cell", field)
        )


def scope_of(field: Hashable) -> Hashable:
    """Return the field that is tracked: the items of a container are one."""
    return ANY if type(field) is tuple else field
