"""Programs on paper: tasks as lists of operations, an interpreter, and all their interleavings by brute force."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_sensei.explore import operation as op
from pytest_sensei.explore.dpor import Dpor
from pytest_sensei.explore.history import History
from pytest_sensei.explore.operation import Event, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Program = tuple[tuple[tuple[str, object], ...], ...]
"""For each task its operations: what, and on what."""


@dataclass
class Standing:
    """A task at its next operation."""

    tid: int
    pending: Operation


@dataclass
class State:
    """Where each task is, and what locks and queues look like."""

    program: Program
    at: list[int]
    owners: dict[object, int] = field(default_factory=dict)
    items: dict[object, int] = field(default_factory=dict)

    def standing(self) -> list[Standing]:
        return [
            Standing(tid, Operation(*self.program[tid][at]))
            for tid, at in enumerate(self.at)
            if at < len(self.program[tid])
        ]

    def enabled(self) -> list[Standing]:
        return [task for task in self.standing() if self.can(task)]

    def can(self, task: Standing) -> bool:
        act, key = task.pending.act, task.pending.key
        if act == op.ACQUIRE:
            return key not in self.owners
        if act == op.GET:
            return self.items.get(key, 0) > 0
        return True

    def step(self, task: Standing) -> Event:
        """Do the operation of a task. A release of a lock that a try did not get does nothing."""
        act, key = task.pending.act, task.pending.key
        self.at[task.tid] += 1
        if act in (op.ACQUIRE, op.TRY):
            if key in self.owners:
                act = op.TRIED
            else:
                self.owners[key] = task.tid
        elif act == op.RELEASE:
            if self.owners.get(key) != task.tid:
                return Event(task.tid, op.SLEEP, None)
            del self.owners[key]
        elif act == op.LOCKED:
            act = op.LOCKED if key in self.owners else op.FREE
        elif act == op.PUT:
            self.items[key] = self.items.get(key, 0) + 1
        elif act in (op.GET, op.POLL):
            if self.items.get(key, 0):
                self.items[key] -= 1
            else:
                act = op.POLLED
        return Event(task.tid, act, key)


def start(program: Program) -> State:
    return State(program, [0] * len(program))


def copy(state: State) -> State:
    return State(state.program, list(state.at), dict(state.owners), dict(state.items))


def executions(state: State, done: tuple[Event, ...] = ()) -> Iterator[tuple[Event, ...]]:
    """Yield all interleavings, one by one."""
    enabled = state.enabled()
    if not enabled:
        yield done
    for task in enabled:
        following = copy(state)
        event = following.step(task)
        yield from executions(following, (*done, event))


def signature(events: Sequence[Event]) -> frozenset[tuple[object, object]]:
    """Return what equivalent executions have in common: the events, and which happens before which."""
    history = History()
    names: list[tuple[int, int, str]] = []
    count: dict[int, int] = {}
    for event in events:
        history.add(event)
        number = count[event.task] = count.get(event.task, 0) + 1
        names.append((event.task, number, event.act))
    pairs = {
        (names[earlier], names[later])
        for later, before in enumerate(history.before)
        for earlier in range(later)
        if before >> earlier & 1
    }
    return frozenset(pairs | {(name, None) for name in names})


def explored(program: Program, limit: int = 100_000) -> tuple[Dpor, list[tuple[Event, ...]]]:
    """Let the search run a program to the end. Returns it, and what it ran."""
    search = Dpor()
    runs = []
    while not search.exhausted and search.executions < limit:
        search.begin()
        state, events = start(program), []
        while enabled := state.enabled():
            tid = search.choose(enabled, enabled[0].tid, events, state.standing())
            events.append(state.step(next(task for task in enabled if task.tid == tid)))
        waiting = [Event(task.tid, task.pending.act, task.pending.key) for task in state.standing()]
        search.finish(events, waiting)
        runs.append(tuple(events))
    return search, runs
