"""Happens-before of one execution: which events order which, and which pairs could have come the other way round.

A set of events is an integer with one bit for each: joining two histories is one `|`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_sensei.explore import operation as op
from pytest_sensei.explore.access import ANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_sensei.explore.operation import Act, Event, Key

NOTHING = -1
TAKING = frozenset({op.ACQUIRE, op.GET, op.POLL, op.POLLED, op.TAKE, op.PEEK})
"""Acts that take what there is: the release or the put that made it available is part of the conflict with
whoever took before, and would be another one if they came first."""
TAKEN = frozenset({op.ACQUIRE, op.TRY, op.GET, op.POLL, op.TAKE, op.PEEK})

Links = tuple[list[int], list[int]]
"""Events that come before, and those among them (or besides) that might have come after instead."""


class FieldState:
    """Reads and writes of one field; also a task's life, which `start` and `end` write and a look reads."""

    __slots__ = ("readers", "writer")

    def __init__(self) -> None:
        self.writer = NOTHING
        self.readers: list[int] = []

    def read(self, index: int) -> Links:
        self.readers.append(index)
        before = [] if self.writer == NOTHING else [self.writer]
        return before, before

    def write(self, index: int) -> Links:
        before = self.readers if self.writer == NOTHING else [self.writer, *self.readers]
        self.writer = index
        self.readers = []
        return before, before


class ContainerState:
    """Reads and writes of the items of one container, and of the container as a whole."""

    __slots__ = ("items", "whole")

    def __init__(self) -> None:
        self.whole = FieldState()
        self.items: defaultdict[object, FieldState] = defaultdict(FieldState)

    def access(self, field: object, index: int, *, writes: bool) -> Links:
        if field is ANY:
            return self._as_a_whole(index, writes=writes)
        item = self.items[field]
        before = list((item.write if writes else item.read)(index)[0])
        if self.whole.writer != NOTHING:
            before.append(self.whole.writer)
        if writes:
            before += self.whole.readers
        return before, before

    def _as_a_whole(self, index: int, *, writes: bool) -> Links:
        before = [item.writer for item in self.items.values() if item.writer != NOTHING]
        if writes:
            before += [reader for item in self.items.values() for reader in item.readers]
            self.items.clear()
        before += (self.whole.write if writes else self.whole.read)(index)[0]
        return before, before


class LockState:
    """Takes, failed tries and releases of one lock."""

    __slots__ = ("changed", "depth", "holder", "looks", "loose", "released", "taken", "tries")

    def __init__(self) -> None:
        self.changed = NOTHING
        self.taken = NOTHING
        self.released = NOTHING
        self.loose = NOTHING  # a release that found the lock free
        self.holder = NOTHING  # the task that holds it,
        self.depth = 0  # so many times
        self.tries: list[int] = []
        self.looks: list[int] = []

    def _change(self, index: int) -> list[int]:
        before = [*self.tries, *self.looks]
        if self.changed != NOTHING:
            before.append(self.changed)
        self.changed = index
        self.tries = []
        self.looks = []
        return before

    def _hold(self, index: int, task: int) -> None:
        self.taken = index
        self.depth = self.depth + 1 if self.holder == task else 1
        self.holder = task

    def acquire(self, index: int, task: int) -> Links:
        """A waiting take could only have come before the previous take: a held lock lets nobody in."""
        rivals = self.looks if self.taken == NOTHING else [self.taken, *self.looks]
        if self.loose != NOTHING:
            rivals = [*rivals, self.loose]
        self._hold(index, task)
        return self._change(index), rivals

    def take_at_once(self, index: int, task: int) -> Links:
        """A try that succeeded would have failed before the last release."""
        rivals = self.looks if self.released == NOTHING else [self.released, *self.looks]
        self._hold(index, task)
        return self._change(index), rivals

    def fail(self, index: int) -> Links:
        """A try that failed would have succeeded before the lock was taken."""
        before = [] if self.changed == NOTHING else [self.changed]
        rivals = [] if self.taken == NOTHING else [self.taken]
        self.tries.append(index)
        return before, rivals

    def release(self, index: int, task: int) -> Links:
        """A release could have come before what found the lock held; another's than the holder's before any change."""
        rivals = [*self.tries, *self.looks]
        if self.holder != task and self.changed != NOTHING:
            rivals.append(self.changed)
        if self.holder == NOTHING:
            self.loose = index
        self.depth -= 1
        if self.holder != task or self.depth <= 0:
            self.holder = NOTHING
        self.released = index
        return self._change(index), rivals

    def look(self, index: int) -> Links:
        """A question could have come before the last change."""
        before = [] if self.changed == NOTHING else [self.changed]
        self.looks.append(index)
        return before, before


class QueueState:
    """Puts and gets of one queue: the n-th get takes the n-th item."""

    __slots__ = ("failed", "gets", "last_get", "puts")

    def __init__(self) -> None:
        self.puts: list[int] = []
        self.gets = 0
        self.last_get = NOTHING
        self.failed: list[int] = []

    def put(self, index: int) -> Links:
        before = [*self.puts[-1:], *self.failed]
        self.puts.append(index)
        self.failed = []
        return before, before

    def get(self, index: int) -> Links:
        rivals = [] if self.last_get == NOTHING else [self.last_get]
        return self._take(index) + rivals, rivals

    def poll(self, index: int) -> Links:
        rivals = [] if self.last_get == NOTHING else [self.last_get]
        item = self._take(index)
        return item + rivals, item + rivals

    def _take(self, index: int) -> list[int]:
        item = [self.puts[self.gets]] if self.gets < len(self.puts) else []
        self.gets += 1
        self.last_get = index
        return item

    def fail(self, index: int) -> Links:
        before = self.puts[-1:] if self.last_get == NOTHING else [*self.puts[-1:], self.last_get]
        rivals = [] if self.last_get == NOTHING else [self.last_get]
        self.failed.append(index)
        return before, rivals


class StoreState:
    """What is done to all pipes, or to one semaphore: nothing of it commutes for sure.

    A take that was possible may have been so before the previous take already, whatever came in between.
    """

    __slots__ = ("latest", "taken")

    def __init__(self) -> None:
        self.latest = NOTHING
        self.taken = NOTHING

    def rivals(self) -> list[int]:
        return [each for each in dict.fromkeys((self.latest, self.taken)) if each != NOTHING]

    def use(self, index: int, *, takes: bool) -> Links:
        before = self.rivals()
        self.latest = index
        if takes:
            self.taken = index
        return before, before


class History:
    """The happens-before relation of an execution, event by event."""

    def __init__(self) -> None:
        self.before: list[int] = []  # for each event, the set of events that happen before it
        self.known: list[
            int
        ] = []  # the same, by its task's own doing alone: without the event's own conflicts
        self._last_of: dict[int, int] = {}  # the latest event of each task
        self._fields: defaultdict[Key, FieldState] = defaultdict(FieldState)
        self._containers: defaultdict[Key, ContainerState] = defaultdict(ContainerState)
        self._locks: defaultdict[Key, LockState] = defaultdict(LockState)
        self._queues: defaultdict[Key, QueueState] = defaultdict(QueueState)
        self._stores: defaultdict[Key, StoreState] = defaultdict(StoreState)
        self._births: dict[Key, int] = {}
        self._ends: dict[Key, int] = {}
        self._floor = 0

    def time_passes(self) -> None:
        """Everything so far happens before whatever waited for this: the clock moves only when nobody can.

        Who stood at a lock meanwhile did not wait for the clock: it could have come first.
        """
        self._floor = (1 << len(self.before)) - 1

    def known_to(self, task: int) -> int:
        """Return the events that happen before whatever `task` does next, by its own doing."""
        last = self._last_of.get(task, NOTHING)
        if last == NOTHING:
            last = self._births.get(task, NOTHING)
            if last == NOTHING:
                return 0
        return self.before[last] | (1 << last)

    def add(self, event: Event, *, waited: bool = False) -> list[int]:
        """Take in the next event. Returns the earlier events that race with it: they could be swapped.

        `waited`: it happens because time has passed.
        """
        index = len(self.before)
        known = self.known_to(event.task)
        before, rivals = _LINKS[event.act](self, event, index)
        through = links = 0
        for other in before:
            through |= self.before[other]
            links |= 1 << other
        self.known.append(known)
        self.before.append(known | through | links | (self._floor if waited else 0))
        self._last_of[event.task] = index
        ordered = known if event.act in TAKING else known | through  # not by this very conflict alone
        return [rival for rival in rivals if not ordered >> rival & 1]

    def rivals_of_waiting(self, event: Event) -> list[int]:
        """Return the earlier events that race with what a task stood at but never did."""
        known = self.known_to(event.task)
        if event.act is op.ACQUIRE and event.key in self._locks:
            rivals = [self._locks[event.key].taken]
        elif event.act is op.GET and event.key in self._queues:
            rivals = [self._queues[event.key].last_get]
        elif event.act is op.TAKE and event.key in self._stores:
            rivals = self._stores[event.key].rivals()
        elif event.act in (op.READ, op.WRITE) and event.key in self._fields:
            field = self._fields[event.key]
            rivals = [field.writer, *(field.readers if event.act is op.WRITE else ())]
        else:
            rivals = []
        return [rival for rival in rivals if rival != NOTHING and not known >> rival & 1]

    def _access(self, key: Key, index: int, *, writes: bool) -> Links:
        if isinstance(key, tuple) and not isinstance(key[1], str):
            return self._containers[key[0]].access(key[1], index, writes=writes)
        field = self._fields[key]
        return field.write(index) if writes else field.read(index)

    def _birth(self, key: Key, index: int) -> Links:
        self._births[key] = index
        return self._fields[_life(key)].write(index)

    def _end(self, key: Key, index: int) -> Links:
        self._ends[key] = index
        return self._fields[_life(key)].write(index)

    def _join(self, key: Key) -> Links:
        end = self._ends.get(key, NOTHING)
        return ([] if end == NOTHING else [end]), []


def _life(key: Key) -> Key:
    return ("life", key)


def _nothing(_history: History, _event: Event, _index: int) -> Links:
    return [], []


_LINKS: dict[Act, Callable[[History, Event, int], Links]] = {
    op.READ: lambda history, event, index: history._access(event.key, index, writes=False),
    op.WRITE: lambda history, event, index: history._access(event.key, index, writes=True),
    op.ACQUIRE: lambda history, event, index: history._locks[event.key].acquire(index, event.task),
    op.TRY: lambda history, event, index: history._locks[event.key].take_at_once(index, event.task),
    op.TRIED: lambda history, event, index: history._locks[event.key].fail(index),
    op.LOCKED: lambda history, event, index: history._locks[event.key].look(index),
    op.FREE: lambda history, event, index: history._locks[event.key].look(index),
    op.RELEASE: lambda history, event, index: history._locks[event.key].release(index, event.task),
    op.START: lambda history, event, index: history._birth(event.key, index),
    op.BEGIN: _nothing,
    op.END: lambda history, event, index: history._end(event.key, index),
    op.JOIN: lambda history, event, _index: history._join(event.key),
    op.LOOK: lambda history, event, index: history._fields[_life(event.key)].read(index),
    op.PUT: lambda history, event, index: history._queues[event.key].put(index),
    op.GET: lambda history, event, index: history._queues[event.key].get(index),
    op.POLL: lambda history, event, index: history._queues[event.key].poll(index),
    op.POLLED: lambda history, event, index: history._queues[event.key].fail(index),
    op.TAKE: lambda history, event, index: history._stores[event.key].use(index, takes=True),
    op.PEEK: lambda history, event, index: history._stores[event.key].use(index, takes=True),
    op.GIVE: lambda history, event, index: history._stores[event.key].use(index, takes=False),
    op.SLEEP: _nothing,
    op.CHOOSE: _nothing,
}
