"""The family's wait-for graph: notes, records and /proc joined into one situation."""

from __future__ import annotations

import signal
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_sensei.watch import procfs, record, sockets
from pytest_sensei.watch.discipline import gives_back_at
from pytest_sensei.watch.graph import Blocked, Situation
from pytest_sensei.watch.notes import Need, Note, NotedThread, NotedWait, Want, actor_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_sensei.watch.procfs import Call, End, Stat
    from pytest_sensei.watch.record import Member, Taken

GREAT = 32  # processes: a family of more is looked at less closely
UNSEEN = "unseen"
"""The actor that stands for whoever we cannot see: a descriptor in flight, a foreign process."""


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A thread that did not note its wait: what the kernel tells of it."""

    id: str
    tid: int
    needs: tuple[Need, ...]
    evidence: str  # equal at two looks when it has not moved between them


@dataclass(frozen=True, slots=True)
class Kin:
    """A living process of the family, at the moment of a look."""

    stat: Stat
    note: Note | None
    member: Member | None
    service: bool = False  # the fork server, the resource tracker
    threads: tuple[NotedThread, ...] = ()
    sleepers: tuple[Sleeper, ...] = ()
    others: tuple[str, ...] = ()  # threads that run, or wait for what we cannot tell

    @property
    def pid(self) -> int:
        return self.stat.pid

    def actors(self) -> frozenset[str]:
        return frozenset((*(t.id for t in self.threads), *(s.id for s in self.sleepers), *self.others))


@dataclass(slots=True)
class Scene:
    """Everything that one look saw."""

    root: int
    kins: dict[int, Kin]
    taken: dict[int, list[Taken]]  # by the semaphore's key
    dead: frozenset[tuple[int, int]]  # processes that have ended: identifier and start
    _ends: dict[int, list[End] | None] = field(default_factory=dict)
    _peers: dict[int, int | None] = field(default_factory=dict)
    _maps: dict[int, frozenset[int] | None] = field(default_factory=dict)
    _holders: dict[tuple[str, int], dict[int, list[End]]] | None = None
    _shared: dict[Need, tuple[frozenset[str], bool]] = field(default_factory=dict)
    _actors: dict[frozenset[int], frozenset[str]] = field(default_factory=dict)

    # -- facts

    def ends(self, pid: int) -> list[End] | None:
        if pid not in self._ends:
            self._ends[pid] = procfs.ends(pid)
        return self._ends[pid]

    def holders(self, kind: str, inode: int) -> dict[int, list[End]]:
        """Return which processes of the family have ends of a pipe or socket open."""
        if self._holders is None:
            found: dict[tuple[str, int], dict[int, list[End]]] = defaultdict(lambda: defaultdict(list))
            for pid in self.kins:
                for end in self.ends(pid) or ():
                    found[end.kind, end.inode][pid].append(end)
            self._holders = found
        return self._holders.get((kind, inode), {})

    def peer(self, inode: int) -> int | None:
        if inode not in self._peers:
            self._peers[inode] = sockets.peer_of(inode)
        return self._peers[inode]

    def other_side(self, need: Need) -> dict[int, list[End]]:
        """Return who holds the ends that could serve a reader or writer, by process."""
        if need.kind == "socket":
            peer = self.peer(need.key)
            return self.holders("socket", peer) if peer is not None else {}
        reading = need.want is Want.READ
        found = {}
        for pid, ends in self.holders("pipe", need.key).items():
            fitting = [end for end in ends if (end.writable if reading else end.readable)]
            if fitting:
                found[pid] = fitting
        return found

    def maps(self, kin: Kin, inode: int) -> bool:
        """Tell whether a process shares a semaphore, or may yet come to."""
        if not inode or _is_starting(kin):
            return True
        if kin.pid not in self._maps:
            mapped = procfs.semaphores(kin.pid)
            self._maps[kin.pid] = frozenset(mapped.values()) if mapped is not None else None
        known = self._maps[kin.pid]
        return known is None or inode in known

    def actors_of(self, pids: Iterable[int]) -> frozenset[str]:
        """Return the actors of some processes: one object for the same processes, however often it is asked."""
        key = frozenset(pids)
        if key not in self._actors:
            self._actors[key] = frozenset(actor for pid in key for actor in self.kins[pid].actors())
        return self._actors[key]

    def everybody(self) -> frozenset[str]:
        return self.actors_of(self.kins)

    # -- the graph

    def situation(self, *, killers: bool) -> Situation:
        """Return who waits without limit for whom. With `killers`, who moves may end a process it knows of.

        Those are the processes it descends from; and a program, when it was started later: it may have been told.
        """
        blocked: list[Blocked] = []
        programs = [kin for kin in self.kins.values() if _is_program(kin)] if killers else []
        for kin in self.kins.values():
            above = self._above(kin, programs) if killers else frozenset()
            blocked.extend(
                self._blocked(kin, thread.id, thread.wait.needs, above)
                for thread in kin.threads
                if thread.wait is not None
            )
            blocked.extend(self._blocked(kin, each.id, each.needs, above) for each in kin.sleepers)
        active = self.everybody() - {wait.actor for wait in blocked}
        return Situation(tuple(blocked), active | {UNSEEN})

    def binding_edges(self, situation: Situation) -> dict[str, Blocked]:
        """Return the waits with joins narrowed to the main thread of the process that has to end."""
        return {wait.actor: self._narrowed(wait) for wait in situation.blocked}

    def _narrowed(self, wait: Blocked) -> Blocked:
        want, _, key = wait.resource.partition(":")
        if want != Want.PROCESS.value or not wait.binding or wait.wakers is None:
            return wait
        main = self._main_of(int(key))
        wakers = frozenset({main}) if main is not None and main in wait.wakers else wait.wakers
        return Blocked(wait.actor, wait.resource, wakers, wait.binding)

    def _main_of(self, pid: int) -> str | None:
        kin = self.kins.get(pid)
        if kin is None:
            return None
        threads = [(t.id, t.tid) for t in kin.threads] + [(s.id, s.tid) for s in kin.sleepers]
        return next((actor for actor, tid in threads if tid == pid), None)

    def _above(self, kin: Kin, programs: list[Kin]) -> frozenset[str]:
        """Return the actors of those who may end a process; the watching one is never ended."""
        above: set[int] = set()
        parent = kin.stat.parent
        while kin.pid != self.root and parent in self.kins and parent not in above:
            above.add(parent)
            parent = self.kins[parent].stat.parent
        if kin.pid != self.root and self.root in self.kins:
            above.add(self.root)
            above.update(
                each.pid for each in programs if each.stat.start >= kin.stat.start and each is not kin
            )
        return self.actors_of(above)

    def _blocked(self, kin: Kin, actor: str, needs: tuple[Need, ...], above: frozenset[str]) -> Blocked:
        ways = [self._wakers(kin, need) for need in needs]
        sets = {id(wakers): wakers for wakers in (*(wakers for wakers, _ in ways), above) if wakers}
        wakers = next(iter(sets.values())) if len(sets) == 1 else frozenset().union(*sets.values())
        return Blocked(actor, _name_of(needs[0]), wakers, len(ways) == 1 and ways[0][1] and not above)

    def _wakers(self, kin: Kin, need: Need) -> tuple[frozenset[str], bool]:
        """Return who could end a wait, and whether nobody else can by the nature of the thing."""
        if need.want is Want.THREADS:
            return (self.actors_of({kin.pid}) if need.wakers is None else need.wakers), need.binding
        if need.want is Want.INSIDE:
            return self.actors_of({kin.pid}), False
        if need not in self._shared:
            self._shared[need] = self._wakers_outside(need)
        return self._shared[need]

    def _wakers_outside(self, need: Need) -> tuple[frozenset[str], bool]:
        if need.want is Want.FAMILY:
            return self.everybody(), False
        if need.want is Want.SEMAPHORE:
            return self._semaphore_wakers(need)
        if need.want is Want.PROCESS:
            known = need.key in self.kins
            return (self.actors_of({need.key}), True) if known else (frozenset({UNSEEN}), False)
        return self._stream_wakers(need), False

    def _stream_wakers(self, need: Need) -> frozenset[str]:
        holders = self.other_side(need)
        if not holders:
            return frozenset({UNSEEN})  # the other end is in flight, or somewhere outside
        return self.actors_of(holders)

    def _semaphore_wakers(self, need: Need) -> tuple[frozenset[str], bool]:
        holder = self.holder(need)
        if holder is not None:
            gives = need.owned or (holder.site is not None and gives_back_at(holder.site, holder.site.line))
            if gives and need.lock:
                return self.actor_of(holder), True
        great = (
            len(self.kins) > GREAT
        )  # then, who only waits is taken to share it: that proves less, but fast
        return self.actors_of(
            kin.pid for kin in self.kins.values() if (great and not kin.others) or self.maps(kin, need.inode)
        ), False

    def holder(self, need: Need) -> Taken | None:
        """Return the one that holds a lock, when that is clear."""
        taken = self.taken.get(need.key, [])
        holding = [each for each in taken if each.times > 0]
        if not need.lock or len(holding) != 1 or len(taken) != 1:
            return None
        return holding[0]

    def has_ended(self, holder: Taken) -> bool:
        return (holder.pid, holder.start) in self.dead

    def actor_of(self, holder: Taken) -> frozenset[str]:
        """Return the thread that holds a lock; nobody when it has ended."""
        kin = self.kins.get(holder.pid)
        if kin is None or self.has_ended(holder):
            return frozenset()
        actor = actor_id(holder.pid, f"t{holder.ident}")
        everyone = self.actors_of({kin.pid})
        if actor in everyone:
            return frozenset({actor})
        return frozenset() if kin.note is not None and not kin.others else everyone


def _name_of(need: Need) -> str:
    return f"{need.want.value}:{need.key}"


def _is_program(kin: Kin) -> bool:
    """Tell whether a process runs something that we see from outside only."""
    return kin.note is None and kin.member is None and not kin.service


def _is_starting(kin: Kin) -> bool:
    """Tell whether a process has not got yet all that its parent hands it."""
    if kin.member is not None:
        return not kin.member.ready
    return any("multiprocessing" in word for word in procfs.command(kin.pid))


# -- looking


def look(
    root: int, own: Note, folder: Path | None, notes: dict[int, Note], services: frozenset[int]
) -> Scene:
    """Look at the whole family. `notes` are the notes of its members by process identifier."""
    members = {} if folder is None else _members(folder)
    stats, dead = {}, set()
    for pid in {root, own.pid, *procfs.descendants(root), *(pid for pid, _ in members)}:
        found = procfs.stat(pid)
        if found is not None and not found.ended:
            stats[pid] = found
    for pid, start in members:
        if pid not in stats or stats[pid].start != start:
            dead.add((pid, start))
    notes = {**notes, own.pid: own}
    kins = {}
    for pid, stat in stats.items():
        member = members.get((pid, stat.start))
        service = pid in services or (member is None and _is_service(pid))
        kin = _kin(stat, notes.get(pid), member, service=service)
        if kin is not None:
            kins[pid] = kin
    taken: dict[int, list[Taken]] = defaultdict(list)
    if folder is not None:
        for pid, start in members:
            for each in record.read_taken(folder, pid, start):
                taken[each.key].append(each)
    return Scene(root, kins, taken, frozenset(dead))


def _members(folder: Path) -> dict[tuple[int, int], Member | None]:
    found = {}
    for path in folder.glob("holds.*"):
        _, pid, start = path.name.split(".")
        found[int(pid), int(start)] = record.read_member(folder, int(pid), int(start))
    return found


def _is_service(pid: int) -> bool:
    """Tell whether a process is a helper of multiprocessing, which whoever needed it first has started."""
    return any(
        f"multiprocessing.{name} import main" in word for word in procfs.command(pid) for name in _HELPERS
    )


_HELPERS = ("resource_tracker", "forkserver")


def _kin(stat: Stat, note: Note | None, member: Member | None, *, service: bool) -> Kin | None:
    if service and stat.state == "S":
        return None  # idle: it does nothing by itself
    if note is not None and note.start != stat.start:
        note = None
    waiting = [thread for thread in note.threads if thread.wait is not None] if note is not None else []
    threads = tuple(thread for thread in waiting if thread.wait is not None and thread.wait.serial)
    sleepers, others = [], []
    for thread in waiting:
        if thread.wait is not None and not thread.wait.serial:
            idle = _idle(stat.pid, thread.tid, thread.wait)
            if idle is None:
                others.append(thread.id)
            else:
                sleepers.append(Sleeper(thread.id, thread.tid, thread.wait.needs, idle))
    for actor, tid in _unexplained(stat, note):
        found = _sleeper(stat, actor, tid)
        if found is None:
            others.append(actor)
        else:
            sleepers.append(found)
    is_program = note is None and member is None and not service
    if (note is not None and note.handlers) or (is_program and _hears_signals(stat.pid, sleepers)):
        others.append(actor_id(stat.pid, "signals"))
    return Kin(stat, note, member, service, threads, tuple(sleepers), tuple(others))


def _hears_signals(pid: int, sleepers: list[Sleeper]) -> bool:
    """Tell whether a signal may wake a program: a timer of the kernel's, say, which is not to be seen from outside.

    That a child ends is nothing new where it waits for just that.
    """
    caught = procfs.caught(pid) - _NO_NEWS
    if _CHILD not in caught:
        return bool(caught)
    awaited = any(need.want is Want.PROCESS for sleeper in sleepers for need in sleeper.needs)
    return len(caught) > 1 or (not awaited and bool(procfs.children(pid)))


_CHILD = getattr(signal, "SIGCHLD", 0)
_FAULTS = ("SIGSEGV", "SIGFPE", "SIGABRT", "SIGBUS", "SIGILL")  # faulthandler's: what comes then is the end
_OF_THREADS = (32, 33)  # glibc's own
_NO_NEWS = frozenset((signal.SIGINT, *_OF_THREADS, *(getattr(signal, name, 0) for name in _FAULTS)))
"""Signals for which most programs have a handler, Python's among them, and that wake nobody."""


def _unexplained(stat: Stat, note: Note | None) -> Iterator[tuple[str, int]]:
    """Yield the threads of a process that no note says are waiting, with the system's identifiers."""
    tids = procfs.tasks(stat.pid)
    if note is None:
        yield from ((actor_id(stat.pid, tid), tid) for tid in tids or [0])
        return
    for thread in note.threads:
        if thread.wait is None:
            yield thread.id, thread.tid
    known = {thread.tid for thread in note.threads} | set(note.ignored)
    unknown = [tid for tid in tids if tid not in known]
    if len(unknown) > note.unnamed:
        yield from ((actor_id(stat.pid, tid), tid) for tid in unknown)


def _sleeper(stat: Stat, actor: str, tid: int) -> Sleeper | None:
    """Return what a thread waits for as the kernel sees it, when that is one of the waits we understand."""
    found = procfs.call(stat.pid, tid) if tid else None
    if found is None:
        return None
    needs = tuple(_needs(stat.pid, found))
    if not needs:
        return None
    return Sleeper(actor, tid, needs, f"{found.text} {procfs.switches(stat.pid, tid)}")


def _idle(pid: int, tid: int, wait: NotedWait) -> str | None:
    """Return the evidence that a server thread waits to be asked; None when it runs."""
    if wait.needs[0].want is Want.INSIDE:
        return "idle"  # it wakes up now and then, and only looks whether it should end
    found = procfs.call(pid, tid)
    return f"{found.text} {procfs.switches(pid, tid)}" if found is not None else None


_PRIVATE, _OPERATION, _WAITS = 0x80, 0x7F, (0, 9)  # of a futex
_NO_HANG = 1


def _needs(pid: int, call: Call) -> Iterable[Need]:
    if call.name in ("read", "write"):
        want = Want.READ if call.name == "read" else Want.WRITE
        ends = [end for end in procfs.ends(pid) or () if end.fd == call.arguments[0]]
        return (Need(want, end.inode, end.kind) for end in ends)
    if call.name == "wait":
        child = call.arguments[0]
        if call.arguments[2] & _NO_HANG:
            return ()
        if 0 < child < 1 << 31:
            return (Need(Want.PROCESS, child),)
        return tuple(Need(Want.PROCESS, each) for each in procfs.children(pid))
    return (Need(Want.INSIDE),) if waits_inside(call) else ()


def waits_inside(call: Call) -> bool:
    """Tell whether a thread waits, without limit, for something that only threads of its own process can give."""
    if call.name != "futex":
        return False
    operation, timeout = call.arguments[1], call.arguments[3]
    return bool(operation & _PRIVATE) and operation & _OPERATION in _WAITS and timeout == 0


def waits_of(scene: Scene, actors: Iterable[str]) -> dict[str, NotedWait | Sleeper]:
    """Return the waits of some blocked actors."""
    inside = set(actors)
    found: dict[str, NotedWait | Sleeper] = {}
    for kin in scene.kins.values():
        found.update({t.id: t.wait for t in kin.threads if t.wait is not None and t.id in inside})
        found.update({each.id: each for each in kin.sleepers if each.id in inside})
    return found
