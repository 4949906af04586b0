"""Takes down the steps of an execution as a reader wants them: who, where, what, and the values."""

from __future__ import annotations

import collections
import sys
import threading
import types
import weakref
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Diagnosis, Place, Resource, Step
from pytest_sensei.explore import operation as op
from pytest_sensei.explore.access import ANY, ITEM, NOVALUE
from pytest_sensei.explore.fields import peek
from pytest_sensei.explore.scheduler import End, Scheduler
from pytest_sensei.explore.task import Task
from pytest_sensei.watch.naming import names_of, user_frames, waited_object
from pytest_sensei.watch.places import is_user_file, line_of, place_of, user_frame

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pytest_sensei.explore.operation import Event, Operation
    from pytest_sensei.explore.sharing import Epochs

LONGEST_VALUE = 40  # characters
_SCALARS = (int, float, complex, bool, str, bytes, type(None))
_COLLECTIONS = (list, tuple, dict, set, frozenset, collections.deque)


def short(value: object, depth: int = 2) -> str | None:
    """Return a short text for a value without running code of the user's; None: there is none."""
    if value is NOVALUE:
        return None
    kind = type(value)
    if kind in _SCALARS or isinstance(value, type):
        text = value.__name__ if isinstance(value, type) else repr(value)
    elif kind in _COLLECTIONS and depth:
        text = _collection(value, depth)
    else:
        text = f"<{kind.__name__}>"
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def _collection(value: object, depth: int) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{short(k, depth - 1)}: {short(v, depth - 1)}" for k, v in list(value.items())[:8])
        return f"{{{inner}}}"
    opening, closing = ("(", ")") if isinstance(value, tuple) else ("[", "]")
    if isinstance(value, (set, frozenset)):
        opening, closing = "{", "}"
    items = ", ".join(str(short(each, depth - 1)) for each in list(value)[:8])  # type: ignore[call-overload]
    return f"{opening}{items}{closing}"


def actor_id(task: Task) -> str:
    return f"a{task.number + 1}"


@dataclass(slots=True)
class Note:
    """One step as it was taken down, with what tells whether it matters."""

    step: Step
    key: object
    writes: bool
    tid: int
    epoch: int
    known: dict[int, int]
    shared: bool  # an access to a field that others touch


@dataclass(slots=True)
class Recording:
    """A recorder that writes the story of an execution."""

    root: str | None
    notes: list[Note] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    standing: Diagnosis | None = None
    loop: Place | None = None  # where a task went on without end
    last: Step | None = None  # the failing line
    cut: int | None = None  # so many notes came before it
    _labels: dict[tuple[str, int], str] = field(default_factory=dict)
    _alive: list[object] = field(default_factory=list)
    _calls: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def step(self, scheduler: Scheduler, task: Task, operation: Operation, value: object) -> None:
        """Take down what the current task is about to do."""
        event = scheduler.events[-1]
        ident = task.ident
        known = scheduler.by_ident.pop(ident)  # what we look at must not announce itself
        try:
            frames = user_frames(sys._getframe(1))
            if frames and event.act not in _SILENT:
                self._take_down(task, operation, event, value, frames)
        finally:
            scheduler.by_ident[ident] = known

    def _take_down(
        self, task: Task, operation: Operation, event: Event, value: object, frames: list[FrameType]
    ) -> None:
        frame = frames[0]
        place = place_of(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno, self.root)
        shared = event.act in (op.READ, op.WRITE)
        if shared:
            action: str | None = event.act
            name: str | None = self._field(operation.target, event.key[1], frames)  # type: ignore[index]
            seen = peek(operation.target, event.key[1]) if event.act is op.READ else value  # type: ignore[index]
            text = short(seen)
        else:
            action, name = self._call(task, operation, event, frames)
            text = None
        if action is None:
            return
        step = Step(actor_id(task), place, action, name, text, self._held(task))
        epochs: Epochs = task.epochs
        self.notes.append(
            Note(step, event.key, event.act is op.WRITE, task.tid, epochs.mine, dict(epochs.known), shared)
        )

    def _field(self, obj: object, field: Hashable, frames: list[FrameType]) -> str:
        """Name a field: `Counter.value`, `counter.total`, `results[0]`."""
        self._alive.append(obj)
        if type(obj) is weakref.ref:
            obj = obj()  # a generator
        if field is ANY or isinstance(field, tuple):
            owner = self._container(obj, frames)
            return owner if field is ANY else f"{owner}[{short(field[1])}]"  # type: ignore[index]
        if type(obj) is types.CellType:
            return str(field)
        if type(obj) is dict:
            module = str(obj.get("__name__") or "globals").rpartition(".")[2]
            return f"{module}.{field}"
        if isinstance(obj, type):
            return f"{obj.__name__}.{field}"
        return f"{self._numbered(type(obj).__name__, obj)}.{str(field).lstrip()}"

    def _container(self, obj: object, frames: list[FrameType]) -> str:
        known = self._labels.get(("container", id(obj)))
        if known is None:
            best = next(iter(names_of(obj, frames)))
            taken = set(self._labels.values())
            known = best if best not in taken else f"{best} ({len(taken) + 1})"
            self._labels["container", id(obj)] = known
        return known

    def _numbered(self, kind: str, obj: object) -> str:
        """Name an object by its type; a second one of the type gets a number."""
        key = (kind, id(obj))
        if key not in self._labels:
            count = sum(1 for other, _ in self._labels if other == kind)
            self._labels[key] = kind if not count else f"{kind}({count + 1})"
        return self._labels[key]

    def _call(
        self, task: Task, operation: Operation, event: Event, frames: list[FrameType]
    ) -> tuple[str | None, str | None]:
        """Name an operation on a primitive as the user's call: one step for all that a call does inside."""
        if event.act in _THREAD_ACTS:
            other = operation.target if isinstance(operation.target, Task) else None
            return _THREAD_ACTS[event.act], other.name if other is not None else str(operation.target or "")
        target, method = waited_object(sys._getframe(3), operation.target)
        self._alive.append(target)
        call = (id(frames[0]), frames[0].f_lasti, id(target), method)
        again = self._calls.get(task.tid) == call
        self._calls[task.tid] = call
        name = self._resource(target, frames)
        if target is operation.target or method in _LOCKING:
            if method == "__exit__":
                return "release", name
            return _LOCK_ACTS.get(event.act), name
        if again:
            waited = event.act in (op.ACQUIRE, op.TRY) and method in _WAITING
            return ("wake" if waited and self._was_waiting(task) else None), name
        return ("wait" if method in _WAITING else method), name

    def _was_waiting(self, task: Task) -> bool:
        last = next((note for note in reversed(self.notes) if note.tid == task.tid), None)
        return last is not None and last.step.action == "wait"

    def _resource(self, target: object, frames: list[FrameType]) -> str:
        key = f"r{id(target):x}"
        known = self.resources.get(key)
        if known is None:
            name = next(iter(names_of(target, frames)))
            known = self.resources[key] = Resource(key, type(target).__name__, name, self._created(target))
            for inner in ("_lock", "mutex"):
                lock = getattr(target, inner, None) if not isinstance(target, threading.Thread) else None
                if lock is not None and f"r{id(lock):x}" not in self.resources:
                    self.resources[f"r{id(lock):x}"] = replace(known, id=f"r{id(lock):x}")
        return known.name

    def _created(self, target: object) -> Place | None:
        made: tuple[CodeType, int] | None = getattr(target, "_made", None)
        if made is None or not isinstance(made, tuple) or not is_user_file(made[0].co_filename):
            return None
        return place_of(made[0], line_of(*made), self.root)

    def _held(self, task: Task) -> tuple[str, ...]:
        held = (f"r{id(lock):x}" for lock in task.strand or ())
        return tuple(key for key in held if key in self.resources)

    def failed(self) -> None:
        """Remember where in the story the test raised."""
        self.cut = len(self.notes)

    def ended(self, scheduler: Scheduler) -> None:
        """Explain a standstill, or find the line of a loop without end, while everybody still stands there."""
        from pytest_sensei.explore.standstill import diagnose

        if scheduler.end in (End.STUCK, End.LEFT):
            self.standing = diagnose(scheduler, self.root)
        elif scheduler.end in (End.SPINNING, End.ENDLESS) and scheduler.culprit is not None:
            user = user_frame(sys._current_frames().get(scheduler.culprit.ident))
            self.loop = place_of(user.f_code, user.f_lineno or 0, self.root) if user is not None else None

    def steps(self) -> tuple[Step, ...]:
        """Return the steps, those marked that explain the failure.

        Of what came after it, only accesses that could have come before: what the test did not wait for.
        """
        clashing = clashes(self.notes)
        locks = _contended(self.notes)
        cut = len(self.notes) if self.cut is None else self.cut
        steps = [
            replace(note.step, matters=index in clashing or _is_on(note.step, locks))
            for index, note in enumerate(self.notes)
            if index < cut or index in clashing
        ]
        return (*steps[:cut], *(() if self.last is None else (self.last,)), *steps[cut:])


def _is_on(step: Step, locks: set[str]) -> bool:
    return step.action in ("acquire", "release", "wait", "wake") and step.field in locks


def clashes(notes: list[Note]) -> set[int]:
    """Return the accesses that conflict with another's and that no start or join orders."""
    by_key: dict[object, list[int]] = {}
    for index, note in enumerate(notes):
        if note.shared:
            key = (
                note.key[0] if isinstance(note.key, tuple) and not isinstance(note.key[1], str) else note.key
            )
            by_key.setdefault(key, []).append(index)
    found: set[int] = set()
    for indices in by_key.values():
        for position, first in enumerate(indices):
            for second in indices[position + 1 :]:
                if _clash(notes[first], notes[second]):
                    found |= {first, second}
    return found


def _clash(first: Note, second: Note) -> bool:
    if first.tid == second.tid or not (first.writes or second.writes):
        return False
    if isinstance(first.key, tuple) and first.key != second.key and ANY not in (first.key[1], second.key[1]):  # type: ignore[index]
        return False
    return second.known.get(first.tid, 0) < first.epoch


def _contended(notes: list[Note]) -> set[str]:
    """Return the names of the locks that more than one thread takes."""
    takers: dict[str, set[int]] = {}
    for note in notes:
        if note.step.action in ("acquire", "wait") and note.step.field is not None:
            takers.setdefault(note.step.field, set()).add(note.tid)
    return {name for name, tids in takers.items() if len(tids) > 1}


_SILENT = frozenset({op.BEGIN, op.END, op.CHOOSE, op.SLEEP, op.LOOK, op.TAKE, op.PEEK, op.GIVE})
_THREAD_ACTS = {op.START: "start", op.JOIN: "join"}
_LOCK_ACTS = {
    op.ACQUIRE: "acquire",
    op.TRY: "acquire",
    op.TRIED: "found taken",
    op.RELEASE: "release",
    op.LOCKED: "found taken",
    op.FREE: "found free",
}
_LOCKING = ("__enter__", "__exit__", "acquire", "release")
_WAITING = ("wait", "wait_for", "get", "put", "result", "acquire", "join", "_acquire_restore")

__all__ = ["ITEM", "Note", "Recording", "actor_id", "clashes", "short"]
