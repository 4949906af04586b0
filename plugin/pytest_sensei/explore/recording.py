"""Takes down the steps of an execution as a reader wants them: who, where, what, and the values."""

from __future__ import annotations

import collections
import sys
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Diagnosis, Kind, Place, Resource, Step
from pytest_sensei.explore import operation as op
from pytest_sensei.explore.access import ABSENT, ANY, ITEM, NOVALUE
from pytest_sensei.explore.fields import peek
from pytest_sensei.explore.known_types import derives
from pytest_sensei.explore.labels import Key, Labels
from pytest_sensei.explore.scheduler import End, Scheduler
from pytest_sensei.explore.task import Task
from pytest_sensei.explore.wakeups import Wakeups
from pytest_sensei.watch.naming import names_of, user_frames, waited_object
from pytest_sensei.watch.places import is_user_file, line_of, place_of, user_frame

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import CodeType, FrameType

    from pytest_sensei.explore.operation import Event, Operation
    from pytest_sensei.explore.sharing import Epochs

LONGEST_VALUE = 40  # characters
_SCALARS = (int, float, complex, bool, str, bytes, type(None))
_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_COLLECTIONS = (list, tuple, set, frozenset, collections.deque, *_MAPPINGS)


def short(value: object, depth: int = 2) -> str | None:
    """Return a short text for a value without running code of the user's; None: there is none."""
    if value is NOVALUE:
        return None
    if value is ABSENT:
        return "absent"
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
    label: Key | None  # what is touched, if it is an access to a field that others touch

    @property
    def shared(self) -> bool:
        return self.label is not None


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
    wakeups: Wakeups = field(init=False)
    _labels: Labels = field(default_factory=lambda: Labels(short))
    _alive: list[object] = field(default_factory=list)
    _calls: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wakeups = Wakeups(self.root)

    def notified(self, task: Task, condition: object) -> None:
        """Take down that the current task notifies a condition; nobody may hear it."""
        self.wakeups.notified(task, condition)

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
            name: str | None = None
            label: Key | None = self._labels.note(operation.target, event.key[1], frames)  # type: ignore[index]
            text = short(_seen(operation.target, event.key[1], value, writes=event.act is op.WRITE))  # type: ignore[index]
        else:
            action, name = self._call(task, operation, event, frames)
            label = text = None
        if action is None:
            return
        step = Step(actor_id(task), place, action, name, text, self._held(task))
        epochs: Epochs = task.epochs
        self.notes.append(
            Note(step, event.key, event.act is op.WRITE, task.tid, epochs.mine, dict(epochs.known), label)
        )

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
            found = diagnose(scheduler, self.root)
            missed = self.wakeups.missed(scheduler.live) if found.kind is Kind.STALLED else ()
            self.standing = replace(found, details=(*missed, *found.details))
        elif scheduler.end in (End.SPINNING, End.ENDLESS) and scheduler.culprit is not None:
            user = user_frame(sys._current_frames().get(scheduler.culprit.ident))
            self.loop = place_of(user.f_code, user.f_lineno or 0, self.root) if user is not None else None

    def name(self, note: Note) -> str | None:
        """Return the name of what a step touches."""
        return _named(note, self._labels.names()).field

    def steps(self) -> tuple[Step, ...]:
        """Return the steps, those marked that explain the failure.

        Of what came after it, only accesses that could have come before: what the test did not wait for.
        """
        clashing = clashes(self.notes)
        locks = _contended(self.notes)
        cut = len(self.notes) if self.cut is None else self.cut
        names = self._labels.names()
        steps = [
            replace(_named(note, names), matters=index in clashing or index in locks)
            for index, note in enumerate(self.notes)
            if index < cut or index in clashing
        ]
        return (*steps[:cut], *(() if self.last is None else (self.last,)), *steps[cut:])


def _named(note: Note, names: dict[Key, str]) -> Step:
    """Return the step with the name of what it touches, which is known only when all has been seen."""
    if note.label is None:
        return note.step
    return replace(note.step, field=names[note.label], part_of=names.get((note.label[0], ANY)))


def _seen(obj: object, field: Hashable, value: object, *, writes: bool) -> object:
    """Return what a read is about to see, or what a write leaves."""
    if not writes:
        return peek(obj, field)
    if isinstance(field, tuple) and derives(type(obj), set):
        return value is not ABSENT
    return value


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


def _contended(notes: list[Note]) -> set[int]:
    """Return the steps on locks that another thread takes, too, when no start or join keeps it from that."""
    by_lock: dict[str, list[int]] = {}
    for index, note in enumerate(notes):
        if note.step.action in _ON_LOCKS and note.step.field is not None:
            by_lock.setdefault(note.step.field, []).append(index)
    return {
        index
        for indices in by_lock.values()
        for index in indices
        if any(_meet(notes[index], notes[other]) for other in indices)
    }


def _meet(one: Note, other: Note) -> bool:
    """Tell whether nothing lasting orders two steps of different threads."""
    if one.tid == other.tid:
        return False
    return one.known.get(other.tid, 0) < other.epoch and other.known.get(one.tid, 0) < one.epoch


_ON_LOCKS = frozenset({"acquire", "release", "wait", "wake"})
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
