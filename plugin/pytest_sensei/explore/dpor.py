"""Dynamic partial-order reduction: one execution of each class of equivalent ones.

Source sets with sleep sets, after Abdulla, Aronis, Jonsson and Sagonas, Optimal dynamic partial order
reduction (POPL 2014), algorithm 1. A task's pending operation need not be remembered between executions:
a task that sleeps at a state stands at that same operation whenever the state is reached again.
Sets of tasks are integers with one bit for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_sensei.explore.history import TAKEN, TAKING, History
from pytest_sensei.explore.operation import Event, Operation, independent

if TYPE_CHECKING:
    from collections.abc import Sequence


class Standing(Protocol):
    """A task that stands at an operation, as far as the search needs to know it."""

    tid: int
    pending: Operation


class Diverged(Exception):
    """The same choices led somewhere else than before: the program decides by something we do not control."""


class Node:
    """A state on the current path: what may be done there, and what has been."""

    __slots__ = ("backtrack", "chosen", "done", "enabled", "options", "sleep")

    def __init__(self, enabled: int, sleep: int, chosen: int, options: int = 0) -> None:
        self.enabled = enabled
        self.sleep = sleep
        self.chosen = chosen
        self.backtrack = (1 << options) - 1 if options else 1 << chosen
        self.done = 0
        self.options = (
            options  # above 0: a task chose a value here; `backtrack` and `done` are sets of values
        )


class Dpor:
    """The search: which task goes at each step of the next execution."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.executions = 0
        self.distinct = 0  # executions of which no other was equivalent
        self.exhausted = False
        self._fixed = 0  # so many steps of the next execution are given
        self._redundant = False
        self._stood: Sequence[Event] = ()  # where everybody was when nothing new could come any more
        self._depth = 0

    def begin(self) -> None:
        self._depth = 0
        self._redundant = False

    def choose(
        self,
        enabled: Sequence[Standing],
        preferred: int,
        events: Sequence[Event],
        standing: Sequence[Standing],
    ) -> int:
        """Return the number of the task to go on with; `preferred` where there is nothing to decide.

        `events` are the steps so far, `standing` all that have not ended, able to go on or not.
        """
        depth = self._depth
        self._depth += 1
        ready = 0
        for task in enabled:
            ready |= 1 << task.tid
        if depth < self._fixed:
            return self._given(depth, ready)
        if self._redundant:
            return preferred
        sleep = self._asleep(enabled, events)
        allowed = ready & ~sleep
        if not allowed:
            self._redundant = True
            self._stood = [Event(task.tid, task.pending.act, task.pending.key) for task in standing]
            return preferred
        chosen = preferred if allowed >> preferred & 1 else _lowest(allowed)
        self.nodes.append(Node(ready, sleep, chosen))
        return chosen

    def choose_value(self, standing: Sequence[Standing], options: int, events: Sequence[Event]) -> int:
        """Return the value below `options` that the current task gets. All of them are tried."""
        depth = self._depth
        self._depth += 1
        if depth < self._fixed:
            return self.nodes[depth].chosen
        if not self._redundant:
            self.nodes.append(Node(0, self._asleep(standing, events), 0, options))
        return 0

    def _given(self, depth: int, ready: int) -> int:
        node = self.nodes[depth]
        if node.enabled != ready:
            raise Diverged
        return node.chosen

    def _asleep(self, standing: Sequence[Standing], events: Sequence[Event]) -> int:
        """Return who need not go next: what it would do has been tried before a step that is independent of it."""
        if not self.nodes:
            return 0
        parent = self.nodes[-1]
        tired = parent.sleep if parent.options else (parent.sleep | parent.done) & ~(1 << parent.chosen)
        if not tired:
            return 0
        latest = events[-1]
        asleep = 0
        for task in standing:
            pending = task.pending
            if tired >> task.tid & 1 and independent(pending.act, pending.key, latest.act, latest.key):
                asleep |= 1 << task.tid
        return asleep

    def finish(
        self,
        events: Sequence[Event],
        waiting: Sequence[Event],
        pauses: Sequence[int] = (),
        overdue: Sequence[int] = (),
    ) -> None:
        """Learn from an execution.

        `waiting` is what tasks stood at when it ended; `pauses` are the numbers of steps before which time passed,
        `overdue` those of the steps that waited for it.
        """
        self.executions += 1
        self.distinct += not self._redundant
        self._find_races(
            events[: len(self.nodes)], self._stood if self._redundant else waiting, pauses, overdue
        )
        self.exhausted = not self._advance()

    def _find_races(
        self, events: Sequence[Event], waiting: Sequence[Event], pauses: Sequence[int], overdue: Sequence[int]
    ) -> None:
        history = History()
        first_new = self._fixed - 1
        stops, late = set(pauses), set(overdue)
        for index, event in enumerate(events):
            if index in stops:
                history.time_passes()
            races = history.add(event, waited=index in late)
            if races and index >= first_new:
                for earlier in races:
                    for_the_same = event.act in TAKING and events[earlier].act in TAKEN
                    alone = for_the_same or index in late  # it stood there before time passed
                    known = history.known[index] if alone else history.before[index]
                    self._reverse(events, history, earlier, index, event.task, known)
        for event in waiting:
            for earlier in history.rivals_of_waiting(event):
                self._reverse(events, history, earlier, len(events), event.task, history.known_to(event.task))

    def _reverse(
        self, events: Sequence[Event], history: History, earlier: int, later: int, task: int, known: int
    ) -> None:
        """See to it that the step `later` of `task` also comes before the step `earlier`."""
        node = self.nodes[earlier]
        initials = _initials(events, history.before, earlier, later, task, known) & node.enabled
        if initials and not initials & node.backtrack:
            node.backtrack |= 1 << task if initials >> task & 1 else initials & -initials

    def _advance(self) -> bool:
        """Go back to the latest state with something left to do. Returns whether there is one."""
        nodes = self.nodes
        while nodes:
            node = nodes[-1]
            node.done |= 1 << node.chosen
            left = node.backtrack & ~node.done
            if not node.options:
                left &= ~node.sleep
            if left:
                node.chosen = _lowest(left)
                self._fixed = len(nodes)
                return True
            nodes.pop()
        return False


def _lowest(tasks: int) -> int:
    return (tasks & -tasks).bit_length() - 1


def _initials(
    events: Sequence[Event], before: Sequence[int], earlier: int, later: int, task: int, known: int
) -> int:
    """Return who could go first when everything that does not need `earlier` is done without it.

    That is: all steps after `earlier` that it does not happen before, and then the step `later` of `task`,
    before which the steps `known` happen.
    """
    inside = seen = initials = 0
    for index in range(earlier + 1, later):
        if before[index] >> earlier & 1:
            continue
        bit = 1 << events[index].task
        if not seen & bit:
            seen |= bit
            if not before[index] & inside:
                initials |= bit
        inside |= 1 << index
    bit = 1 << task
    if not seen & bit and not known & inside:
        initials |= bit
    return initials
