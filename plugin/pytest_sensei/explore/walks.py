"""Random strategies, each with a known strength, for spaces too large to be exhausted."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from pytest_sensei.explore import operation as op
from pytest_sensei.explore.operation import Act, Key, independent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.explore.scheduler import Scheduler
    from pytest_sensei.explore.task import Task


Lengths = defaultdict[int, int]
"""How many operations each task makes."""


class Walk:
    """A strategy that draws lots. Same seed, same schedules."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (no secrets here)

    def begin(self, scheduler: Scheduler) -> None:
        """Nothing to prepare."""

    def choose_value(self, options: int, scheduler: Scheduler) -> int:
        """Draw a value."""
        return self._random.randrange(options)

    def learn(self, scheduler: Scheduler) -> None:
        """Nothing to learn."""


class PartialOrderSampling(Walk):
    """Each operation gets a priority; after one is done, those that conflict with it get a new one.

    Yuan, Yang and Gu, Partial order aware concurrency sampling (CAV 2018).
    """

    def begin(self, scheduler: Scheduler) -> None:
        """Forget the priorities of the last execution."""
        self._priorities: dict[int, float] = {}

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Go where the priority is highest."""
        priorities = self._priorities
        for task in enabled:
            if task.tid not in priorities:
                priorities[task.tid] = self._random.random()
        chosen = max(enabled, key=lambda task: priorities[task.tid])
        done = chosen.pending
        for task in enabled:
            pending = task.pending
            if task is chosen or not independent(pending.act, pending.key, done.act, done.key):
                del priorities[task.tid]
        return chosen


class PriorityChanges(Walk):
    """Tasks have random priorities, that change at a few random points.

    Burckhardt, Kothari, Musuvathi and Nagarakatte, A randomized scheduler with probabilistic guarantees of
    finding bugs (ASPLOS 2010).
    """

    def __init__(self, seed: int, depth: int = 3) -> None:
        super().__init__(seed)
        self._depth = depth
        self._length = 20  # steps of an execution, as far as is known

    def begin(self, scheduler: Scheduler) -> None:
        """Draw the points of change."""
        self._priorities: dict[int, float] = {}
        self._changes = {self._random.randrange(self._length) for _ in range(self._depth - 1)}
        self._lowest = 0.0

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Go where the priority is highest."""
        priorities = self._priorities
        for task in enabled:
            if task.tid not in priorities:
                priorities[task.tid] = self._random.random()
        chosen = max(enabled, key=lambda task: priorities[task.tid])
        if len(scheduler.events) in self._changes:
            self._lowest -= 1
            priorities[chosen.tid] = self._lowest
            chosen = max(enabled, key=lambda task: priorities[task.tid])
        return chosen

    def learn(self, scheduler: Scheduler) -> None:
        """Take in how long executions get."""
        self._length = max(self._length, len(scheduler.events))


class UniformWalk(Walk):
    """All orders of some operations are about equally likely: of those on one field, say, or of all.

    Whose operation comes next is drawn with the operations that each task has left as weights; what does not
    belong to the chosen kind happens at any time in between. Zhao, Wolff, Mathur and Roychoudhury, Selectively
    uniform concurrency testing (ASPLOS 2025).
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._lengths: dict[str, Lengths] = {EVERYTHING: defaultdict(int)}  # by the kind of operation

    def begin(self, scheduler: Scheduler) -> None:
        """Choose a kind."""
        self._kind = self._random.choice(list(self._lengths))
        self._left = self._lengths[self._kind].copy()
        self._next: int | None = None

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Let the drawn task come to its operation; anybody may do others meanwhile."""
        if self._next not in [task.tid for task in enabled]:
            self._next = self._draw(enabled)
        free = [task for task in enabled if task.tid == self._next or not self._belongs(task)]
        chosen = self._random.choice(free)
        if self._belongs(chosen):
            self._left[chosen.tid] -= 1
            self._next = None
        return chosen

    def _draw(self, enabled: Sequence[Task]) -> int:
        weights = [max(self._left[task.tid], 0) + 0.05 for task in enabled]
        return self._random.choices(enabled, weights)[0].tid

    def _belongs(self, task: Task) -> bool:
        return self._kind == EVERYTHING or kind_of(task.pending.act, task.pending.key) == self._kind

    def learn(self, scheduler: Scheduler) -> None:
        """Take in how many operations each task makes."""
        lengths: dict[str, Lengths] = defaultdict(partial(defaultdict, int))
        everything = lengths[EVERYTHING]
        for task, act, key in scheduler.events:
            everything[task] += 1
            kind = kind_of(act, key)
            if kind is not None:
                lengths[kind][task] += 1
        self._lengths = {kind: tasks for kind, tasks in lengths.items() if len(tasks) > 1} or self._lengths


EVERYTHING = ""


def kind_of(act: Act, key: Key) -> str | None:
    """Return the kind of an operation, by a name that holds from one execution to the next."""
    if act in (op.READ, op.WRITE):
        field = key[1] if isinstance(key, tuple) else None
        return field if isinstance(field, str) else "[items]"
    if act in (op.ACQUIRE, op.TRY):
        return "[locks]"
    return "[queues]" if act in (op.PUT, op.GET, op.POLL) else None
