"""All schedules with few preemptions: most bugs need one or two.

Musuvathi and Qadeer, Iterative context bounding for systematic testing of multithreaded programs (PLDI 2007).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.explore import operation as op

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.explore.scheduler import Scheduler
    from pytest_sensei.explore.task import Task

_WORTHLESS = frozenset({op.START, op.BEGIN, op.END, op.JOIN, op.SLEEP, op.RELEASE})
"""To be interrupted right before one of these makes no difference that another point does not make."""


class Bounded:
    """Depth first through the schedules with at most `bound` switches away from a task that could go on."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.complete = False
        self._path: list[tuple[int, int]] = []  # for each decision: the choice, and how many there were

    def begin(self, scheduler: Scheduler) -> None:
        """Start from the beginning of the next path."""
        self._depth = 0
        self._spent = 0

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Take the next choice of the path; the first of all where it ends."""
        goes_on = any(task.number == scheduler.position[0] for task in enabled)
        if goes_on and (self._spent >= self.bound or preferred.pending.act in _WORTHLESS):
            return preferred
        options = [preferred, *(task for task in enabled if task is not preferred)]
        choice = self._decide(len(options))
        if choice and goes_on:
            self._spent += 1
        return options[choice]

    def choose_value(self, options: int, scheduler: Scheduler) -> int:
        """Try all values."""
        return self._decide(options)

    def _decide(self, options: int) -> int:
        if options == 1:
            return 0
        if self._depth == len(self._path):
            self._path.append((0, options))
        choice = self._path[self._depth][0]
        self._depth += 1
        return min(choice, options - 1)

    def learn(self, scheduler: Scheduler) -> None:
        """Go on to the next path."""
        while self._path:
            choice, options = self._path.pop()
            if choice + 1 < options:
                self._path.append((choice + 1, options))
                return
        self.complete = True
