"""Who goes next: the given schedule, all schedules, or some at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.explore.dpor import Diverged, Dpor
from pytest_sensei.explore.operation import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_sensei.explore.scheduler import Scheduler, Switch
    from pytest_sensei.explore.task import Task


class Guided:
    """Follows a schedule: everybody goes on as long as possible, but for the given switches."""

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        self.switches = {(number, ticks): to for number, ticks, to in switches}

    def begin(self, scheduler: Scheduler) -> None:
        """Nothing to prepare."""

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Go where the schedule says, if that is possible."""
        to = self.switches.get(scheduler.position)
        if to is None:
            return preferred
        return next((task for task in enabled if task.number == to), preferred)

    def choose_value(self, options: int, scheduler: Scheduler) -> int:
        """Return the value that the schedule says."""
        return min(self.switches.get(scheduler.position, 0), options - 1)


class Exhaustive:
    """Tries one schedule of each class of equivalent ones."""

    def __init__(self) -> None:
        self.search = Dpor()

    def begin(self, scheduler: Scheduler) -> None:
        """Start at the beginning of the next schedule."""
        self.search.begin()

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Go where the search says."""
        tid = self.search.choose(enabled, preferred.tid, scheduler.events, scheduler.live)
        for task in enabled:
            if task.tid == tid:
                return task
        raise Diverged

    def choose_value(self, options: int, scheduler: Scheduler) -> int:
        """Try all values, one after the other."""
        return self.search.choose_value(scheduler.live, options, scheduler.events)

    def learn(self, scheduler: Scheduler) -> None:
        """Take in how the execution went."""
        waiting = [Event(task.tid, task.pending.act, task.pending.key) for task in scheduler.stood]
        self.search.finish(scheduler.events, waiting, scheduler.pauses, scheduler.overdue)
