"""From a proven knot to a diagnosis: which kind, who, what, where."""

from __future__ import annotations

import collections
import gc
import os
import threading
from dataclasses import replace
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import Actor, Diagnosis, Hold, Kind, Place, Resource, Wait
from pytest_sensei.primitives import locks, runtime
from pytest_sensei.primitives.semaphores import Guard
from pytest_sensei.watch import event_loops, graph
from pytest_sensei.watch.imports import Imported
from pytest_sensei.watch.lost import started
from pytest_sensei.watch.naming import (
    evaluate,
    is_or_locks,
    made_at,
    names_of,
    type_of,
    user_frames,
    waited_object,
)
from pytest_sensei.watch.places import (
    first_user_site,
    is_third_party,
    is_user_file,
    line_of,
    place_of,
    user_frame,
)
from pytest_sensei.watch.source import taken_expressions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from pytest_sensei.primitives.runtime import Strand
    from pytest_sensei.watch.ledger import Ledger, Party


def diagnose(ledger: Ledger, members: Iterable[str], root: str | None) -> Diagnosis:
    """Explain a proven knot: its core first, then who waits behind it."""
    stuck = frozenset(members)
    blocked = {actor: wait for actor, wait in ledger.blocked().items() if actor in stuck}
    kind, core = _kind_and_core(ledger, blocked)
    order = [*core, *sorted(stuck - set(core), key=lambda actor: _order_of(ledger.parties[actor]))]
    described = Describer(ledger, root)
    waits = tuple(described.wait(ledger.parties[actor]) for actor in order)
    holds = tuple(hold for actor in order for hold in described.holds(ledger.parties[actor], waits))
    dead = described.dead_holders(order)
    newest = max(ledger.parties[actor].wait.since for actor in order)  # type: ignore[union-attr]
    return Diagnosis(
        kind=kind,
        summary=_summary(kind, len(core), waits, described),
        actors=(*(described.actor(ledger.parties[actor]) for actor in order), *dead),
        resources=tuple(described.resources.values()),
        holds=(*holds, *described.dead_holds),
        waits=waits,
        culprits=_culprits(kind, core or order, waits, holds, described),
        latency_ms=round((runtime.monotonic() - newest) * 1000, 1),
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _queue_state(queue: Any) -> str:
    return f"{_count(len(queue.queue), 'item')}, {_count(queue.unfinished_tasks, 'unfinished task')}"


def _order_of(party: Party) -> tuple[bool, float]:
    main = party.thread is threading.main_thread()
    return (not main, party.wait.since if party.wait else 0.0)


def _kind_and_core(ledger: Ledger, blocked: dict[str, graph.Blocked]) -> tuple[Kind, tuple[str, ...]]:
    ring = graph.cycle(blocked, blocked)
    if len(ring) == 1:
        return Kind.SELF_DEADLOCK, ring
    if ring:
        return Kind.DEADLOCK_CYCLE, _from_main(ring, ledger)
    orphaned = tuple(sorted(actor for actor in blocked if owner_ended(ledger.parties[actor])))
    if orphaned:
        return Kind.ABANDONED_LOCK, orphaned
    alone = tuple(actor for actor in blocked if _holds_what_it_waits_for(ledger.parties[actor]))
    if alone:
        return Kind.SELF_DEADLOCK, alone[:1]
    to_owners = {actor: _to_owner(ledger.parties[actor], wait) for actor, wait in blocked.items()}
    ring = graph.cycle(to_owners, to_owners)
    if ring:
        return Kind.DEADLOCK_CYCLE, _from_main(ring, ledger)
    return Kind.STALLED, tuple(
        sorted(
            (actor for actor in blocked if not blocked[actor].binding),
            key=lambda a: _order_of(ledger.parties[a]),
        )
    )


def _to_owner(party: Party, wait: graph.Blocked) -> graph.Blocked:
    """Point the wait for a lock to its owner, though others could release it: none of them will any more.

    That is for locks which one method takes and another gives back; a signal has no owner.
    """
    lock = lock_of(party)
    if lock is None or lock._owner is None or _is_signal_wait(party):
        return wait
    return replace(wait, wakers=frozenset({f"t{lock._owner.ident}"}), binding=True)


def _from_main(ring: tuple[str, ...], ledger: Ledger) -> tuple[str, ...]:
    """Turn a cycle so that it begins where a reader would begin: with the thread that waited first."""
    first = min(range(len(ring)), key=lambda i: ledger.parties[ring[i]].wait.since)  # type: ignore[union-attr]
    return ring[first:] + ring[:first]


def lock_of(party: Party) -> locks.Lock | locks.RLock | None:
    """Return the user's own lock a party waits for; not the private one of a condition."""
    wait = party.wait
    if wait is None or not isinstance(wait.resource, (locks.Lock, locks.RLock)):
        return None
    target, method = waited_object(party.frame, wait.resource)
    if target is wait.resource or method in ("__enter__", "acquire"):
        return wait.resource
    return None if method.startswith(("wait", "_wait")) else wait.resource


def owner_ended(party: Party) -> bool:
    lock = lock_of(party)
    return lock is not None and lock._owner is not None and lock._owner.ended and not _is_signal_wait(party)


def _holds_what_it_waits_for(party: Party) -> bool:
    lock = lock_of(party)
    return lock is not None and lock._owner is party.strand and not _is_signal_wait(party)


def _is_signal_wait(party: Party) -> bool:
    """A wait of a condition (an event, a queue, ...): its lock was taken to wait on it."""
    if waited_object(party.frame, None)[0] is not None and _inner_wait(party.frame):
        return True
    lock = party.wait.resource if party.wait is not None else None
    return isinstance(lock, locks.Lock) and is_handmade_signal(lock)


def is_handmade_signal(lock: locks.Lock) -> bool:
    """Tell whether a lock was made, taken and put where another thread will find and release it.

    That is how a condition is built from locks: each waiter queues a lock of its own and takes it twice.
    """
    if lock._code is None or lock._made[0] is not lock._code:
        return False
    return any(isinstance(holder, (list, collections.deque, set)) for holder in gc.get_referrers(lock))


def _inner_wait(frame: FrameType) -> bool:
    current: FrameType | None = frame
    while current is not None and not is_user_file(current.f_code.co_filename):
        if current.f_code.co_name == "wait" and "waiter" in current.f_code.co_varnames:
            return current.f_lineno is not None and not _is_reacquiring(frame)
        current = current.f_back
    return False


def _is_reacquiring(frame: FrameType) -> bool:
    current: FrameType | None = frame
    while current is not None and not is_user_file(current.f_code.co_filename):
        if current.f_code.co_name == "_acquire_restore":
            return True
        current = current.f_back
    return False


def _summary(kind: Kind, size: int, waits: tuple[Wait, ...], described: Describer) -> str:
    first = described.resources[waits[0].resource]
    if kind is Kind.DEADLOCK_CYCLE:
        return f"{size} threads wait for each other"
    if kind is Kind.SELF_DEADLOCK:
        return f"a thread waits for {first.name}, which it holds itself"
    if kind is Kind.ABANDONED_LOCK:
        return f"{first.name} was never released by a thread that has ended"
    others = (
        "nobody is left who could wake it" if len(waits) == 1 else "everybody waits, nobody can wake anybody"
    )
    return f"{described.verb(waits[0])}: {others}"


def _culprits(
    kind: Kind, core: Iterable[str], waits: tuple[Wait, ...], holds: tuple[Hold, ...], described: Describer
) -> tuple[Place, ...]:
    """Return the lines to look at first: the blocked calls, and where an abandoned lock was taken."""
    inside = set(core)
    places = [wait.place or described.started(wait.actor) for wait in waits if wait.actor in inside]
    if kind in (Kind.SELF_DEADLOCK, Kind.ABANDONED_LOCK):
        waited = {wait.resource for wait in waits if wait.actor in inside}
        every = (*holds, *described.dead_holds)
        places += [hold.place for hold in every if hold.resource in waited]
    return tuple(dict.fromkeys(place for place in places if place is not None))


class Describer:
    """Turns living objects into the values of a diagnosis, each object described once."""

    def __init__(self, ledger: Ledger, root: str | None) -> None:
        self._ledger = ledger
        self._root = root
        self._frames = [f for party in ledger.parties.values() for f in user_frames(party.frame)]
        self._targets: dict[int, object] = {}  # keeps objects alive, so that an id stays theirs
        self.resources: dict[str, Resource] = {}
        self.dead_holds: list[Hold] = []
        self.methods: dict[str, str] = {}

    def actor(self, party: Party) -> Actor:
        name = party.thread.name if party.thread is not None else f"thread {party.id}"
        return Actor(party.id, _process_name(), os.getpid(), name, "waiting", self._place(party.frame))

    def wait(self, party: Party) -> Wait:
        assert party.wait is not None
        target, method = waited_object(party.frame, party.wait.resource)
        resource = self._resource(target, user_frames(party.frame))
        self.methods[party.id] = method
        place = self._place(party.frame)
        if event_loops.is_event_loop(target):
            caller = user_frame(party.frame)
            foreign = caller is None or is_third_party(caller.f_code.co_filename)
            place = event_loops.place(target, None if foreign else place, self._root) or place
        return Wait(party.id, resource, place, forever=party.wait.deadline is None)

    def started(self, actor: str) -> Place | None:
        """Return where a thread was started that runs no code of the user's: `Thread(target=barrier.wait)`."""
        thread = self._ledger.parties[actor].thread
        return started(thread, self._root) if thread is not None else None

    def verb(self, wait: Wait) -> str:
        """Say what a waiter does: `queue.get() waits`."""
        method = self.methods.get(wait.actor, "")
        name = self.resources[wait.resource].name
        public = method if method and not method.startswith("_") else ""
        return f"{name}.{public}() waits" if public else f"a wait for {name}"

    def holds(self, party: Party, waits: tuple[Wait, ...]) -> list[Hold]:
        if party.strand is None:
            return []
        return [*self._imports(party, waits), *self._locks(party, party.strand, waits)]

    def _imports(self, party: Party, waits: tuple[Wait, ...]) -> Iterator[Hold]:
        """Yield the imports of a party that somebody waits for: as its holds."""
        for wait in waits:
            waiting = self._ledger.parties[wait.actor].wait
            module = waiting.resource if waiting is not None else None
            if isinstance(module, Imported) and module.owner == party.ident:
                yield Hold(party.id, wait.resource)

    def _locks(self, party: Party, strand: Strand, waits: tuple[Wait, ...]) -> list[Hold]:
        waited = self._ids_waited_for(waits)
        if _is_signal_wait(party):
            waited.discard(id(party.wait.resource))  # type: ignore[union-attr]
        return [
            Hold(party.id, self._of_lock(lock, party), self._hold_place(lock, party))
            for lock in strand
            if id(lock) in waited
        ]

    def _ids_waited_for(self, waits: tuple[Wait, ...]) -> set[int]:
        actors = {wait.actor for wait in waits}
        resources = (self._ledger.parties[actor].wait for actor in actors)
        return {id(wait.resource) for wait in resources if wait is not None}

    def _of_lock(self, lock: object, party: Party) -> str:
        """Return the resource that a lock is waited for as: the condition around it, perhaps."""
        for other in self._ledger.parties.values():
            if other.wait is not None and other.wait.resource is lock:
                target, _ = waited_object(other.frame, lock)
                return self._resource(target, user_frames(other.frame))
        target = lock.target if isinstance(lock, Guard) else lock
        return self._resource(target, user_frames(party.frame))

    def held(self, lock: object, party: Party) -> tuple[Resource, Place | None]:
        """Describe a lock that a party holds, and where it took it."""
        key = self._of_lock(lock, party)
        return self.resources[key], self._hold_place(lock, party)

    def taken_at(self, lock: object) -> Place | None:
        """Return the line that took a lock, when it is the user's own."""
        if isinstance(lock, Guard):
            code, lasti = lock.code, lock.lasti
        else:
            code, lasti = getattr(lock, "_code", None), getattr(lock, "_lasti", -1)
        if code is None or not is_user_file(code.co_filename):
            return None
        return place_of(code, line_of(code, lasti), self._root)

    def _hold_place(self, lock: object, party: Party) -> Place | None:
        taken = self.taken_at(lock)
        if taken is not None:
            return taken
        target = lock.target if isinstance(lock, Guard) else lock
        for frame in user_frames(party.frame):  # taken inside the standard library: find the `with` around
            for line in range(frame.f_lineno or 0, frame.f_code.co_firstlineno - 1, -1):
                for expression in taken_expressions(frame.f_code, line):
                    if is_or_locks(evaluate(expression, frame), target):
                        return place_of(frame.f_code, line, self._root)
        return None

    def dead_holders(self, order: Iterable[str]) -> list[Actor]:
        """Return the ended threads that still hold what somebody waits for."""
        found: dict[str, Actor] = {}
        for actor in order:
            party = self._ledger.parties[actor]
            lock = party.wait.resource if party.wait is not None else None
            owner = lock._owner if isinstance(lock, (locks.Lock, locks.RLock)) else None
            if owner is not None and owner.ended and not _is_signal_wait(party):
                name = f"e{id(owner):x}"
                found[name] = Actor(name, _process_name(), os.getpid(), owner.name or "a thread", "ended")
                hold = Hold(name, self._of_lock(lock, party), self.taken_at(lock))
                if hold not in self.dead_holds:
                    self.dead_holds.append(hold)
        return list(found.values())

    def _place(self, frame: FrameType) -> Place | None:
        user = user_frame(frame)
        if user is None:
            return None
        return place_of(user.f_code, user.f_lineno or user.f_code.co_firstlineno, self._root)

    def _resource(self, target: object, frames: list[FrameType]) -> str:
        key = f"r{id(target):x}"
        if key not in self.resources:
            self._targets[id(target)] = target
            self.resources[key] = Resource(
                id=key,
                type=type_of(target),
                name=self._name(target, frames),
                created=self._created(target),
                state=state_of(target, self._root),
            )
        return key

    def _name(self, target: object, frames: list[FrameType]) -> str:
        if isinstance(target, (threading.Thread, BaseProcess)):
            return target.name
        mine = self._candidates(target, frames)
        clear = [name for name in mine if not self._means_another(name, target)]
        taken = {resource.name for resource in self.resources.values()}
        fresh = [name for name in (clear or mine) if name not in taken]
        return fresh[0] if fresh else f"{mine[0]} ({len(taken) + 1})"

    def _candidates(self, target: object, frames: list[FrameType]) -> list[str]:
        return list(dict.fromkeys(names_of(target, [*frames, *self._frames])))

    def _means_another(self, name: str, target: object) -> bool:
        """Tell whether some other thread of the picture calls another object by this name."""
        for party in self._ledger.parties.values():
            if party.wait is not None:
                other, _ = waited_object(party.frame, party.wait.resource)
                if other is not target and name in self._candidates(other, user_frames(party.frame)):
                    return True
        return False

    def _created(self, target: object) -> Place | None:
        site = first_user_site(made_at(target))
        return place_of(site[0], line_of(*site), self._root) if site is not None else None


def _process_name() -> str:
    import multiprocessing

    return multiprocessing.current_process().name


def state_of(target: object, root: str | None) -> str | None:
    """Say the fact about a primitive that helps most, without taking its lock."""
    if event_loops.is_event_loop(target):
        return event_loops.state(target, root)
    read = _STATES.get(type(target).__name__)
    if read is None or not type(target).__module__.startswith(("threading", "queue", "concurrent")):
        return None
    try:
        return read(target)
    except AttributeError:
        return None  # another version of the standard library keeps it elsewhere


_STATES: dict[str, Callable[[Any], str]] = {
    "Semaphore": lambda s: f"value {s._value}",
    "BoundedSemaphore": lambda s: f"value {s._value}",
    "Event": lambda e: "set" if e._flag else "not set",
    "Barrier": lambda b: f"{b._count} of {b._parties} have come",
    "Queue": _queue_state,
    "LifoQueue": _queue_state,
    "PriorityQueue": _queue_state,
    "Condition": lambda c: f"{len(c._waiters)} waiting",
    "Future": lambda f: f._state.lower(),
}
