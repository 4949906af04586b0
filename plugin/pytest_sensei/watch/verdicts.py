"""From a proven knot of the family to a diagnosis: which kind, which processes, which ends of which pipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import STACK_OF, Actor, Diagnosis, Hold, Kind, Place, Resource, Wait
from pytest_sensei.watch import event_loops, graph, procfs, stacks
from pytest_sensei.watch.family import Scene, Sleeper, waits_of
from pytest_sensei.watch.notes import Gone, Need, NotedWait, Thing, Want, actor_id
from pytest_sensei.watch.places import is_user_file, place_of_site
from pytest_sensei.watch.source import assigned_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_sensei.watch.family import Kin
    from pytest_sensei.watch.record import Taken
    from pytest_sensei.watch.stacks import Trace

MAIN_PROCESS = "MainProcess"
_ENDS = ("Connection", "pipe")  # whose readers wait for the end, and not for an item
MOST = 24  # actors in a picture
ASKED = 8  # processes that are asked for their stacks


@dataclass(frozen=True, slots=True)
class FamilyVerdict:
    """A proven knot: its diagnosis, and the processes and threads that are in it."""

    diagnosis: Diagnosis
    processes: tuple[tuple[int, int], ...]  # identifier and start
    actors: frozenset[str]


def diagnose(scene: Scene, members: frozenset[str], root: str | None, *, latency: float) -> FamilyVerdict:
    """Explain a proven knot."""
    teller = _Teller(scene, members, root)
    diagnosis = replace(teller.diagnosis(), latency_ms=round(latency * 1000, 1))
    pids = {teller.kin_of(actor).pid for actor in members}
    processes = tuple((pid, scene.kins[pid].stat.start) for pid in sorted(pids))
    return FamilyVerdict(diagnosis, processes, members)


class _Teller:
    def __init__(self, scene: Scene, members: frozenset[str], root: str | None) -> None:
        self._scene = scene
        self._root = root
        self._members = members
        self._waits = waits_of(scene, members)
        self._threads = {t.id: t for kin in scene.kins.values() for t in kin.threads}
        notes = (kin.note for kin in scene.kins.values() if kin.note is not None)
        self._names = {thread.id: thread.name for note in notes for thread in note.threads}
        self._kins = {actor: kin for kin in scene.kins.values() for actor in kin.actors()}
        situation = scene.situation(killers=False)
        self._edges = scene.binding_edges(situation)
        self._resources: dict[str, Resource] = {}
        self._traces: dict[int, list[Trace]] = {}

    def kin_of(self, actor: str) -> Kin:
        return self._kins[actor]

    def diagnosis(self) -> Diagnosis:
        kind, core = self._kind_and_core()
        order = self._order(core)
        waits = tuple(wait for actor in order if (wait := self._wait(actor)) is not None)
        dead_actors, dead_holds = self._dead(order)
        holds = tuple(dict.fromkeys((*self._lock_holds(order), *self._end_holds(order), *dead_holds)))
        return Diagnosis(
            kind=kind,
            summary=self._summary(kind, core),
            actors=(*(self._actor(actor) for actor in order), *dead_actors),
            resources=tuple(self._resources.values()),
            holds=holds,
            waits=waits,
            culprits=self._culprits(kind, core, holds),
            details=(*self._details(core), *self._dump()),
        )

    # -- which kind

    def _kind_and_core(self) -> tuple[Kind, tuple[str, ...]]:
        return (
            self._ring({actor: self._edges[actor] for actor in self._members})
            or self._those(Kind.ABANDONED_LOCK, self._is_abandoned)
            or self._those(Kind.FULL_PIPE, lambda actor: self._wants(actor, Want.WRITE))
            or self._conversation()
            or self._those(Kind.NO_EOF, self._waits_for_end)
            or self._ring({actor: self._to_holder(actor) for actor in self._members})
            or self._those(Kind.STALLED, self._waits_loosely)
            or (Kind.STALLED, self._sorted(self._members))
        )

    def _ring(self, edges: dict[str, graph.Blocked]) -> tuple[Kind, tuple[str, ...]] | None:
        ring = graph.cycle(edges, edges)
        if not ring:
            return None
        return (Kind.DEADLOCK_CYCLE if len(ring) > 1 else Kind.SELF_DEADLOCK), ring

    def _those(self, kind: Kind, is_one: Callable[[str], bool]) -> tuple[Kind, tuple[str, ...]] | None:
        found = self._sorted(actor for actor in self._members if is_one(actor))
        return (kind, found) if found else None

    def _conversation(self) -> tuple[Kind, tuple[str, ...]] | None:
        pair = self._in_conversation()
        return (Kind.DEADLOCK_CYCLE, pair) if pair else None

    def _waits_loosely(self, actor: str) -> bool:
        return not self._edges[actor].binding and self._place(actor) is not None

    def _to_holder(self, actor: str) -> graph.Blocked:
        """Point the wait for a lock to its holder, though others could release it: none of them will any more."""
        holder = self._holder(actor)
        wakers = self._scene.actor_of(holder) if holder is not None else frozenset()
        edge = self._edges[actor]
        return replace(edge, wakers=wakers, binding=True) if len(wakers) == 1 else edge

    def _wants(self, actor: str, want: Want) -> bool:
        return not self._is_looping(actor) and any(need.want is want for need in self._waits[actor].needs)

    def _is_looping(self, actor: str) -> bool:
        """Tell whether an actor runs an event loop: the ends that it waits for are the loop's own affair."""
        wait = self._waits[actor]
        return (
            isinstance(wait, NotedWait) and wait.told is not None and wait.told.thing.type == event_loops.TYPE
        )

    def _is_abandoned(self, actor: str) -> bool:
        edge = self._edges[actor]
        if (edge.binding and not edge.wakers) or self._gone(actor) is not None:
            return True
        holder = self._holder(actor)
        return holder is not None and self._scene.has_ended(holder)

    def _gone(self, actor: str) -> Gone | None:
        wait = self._waits[actor]
        return wait.told.gone if isinstance(wait, NotedWait) and wait.told is not None else None

    def _holder(self, actor: str) -> Taken | None:
        needs = self._waits[actor].needs
        if len(needs) != 1 or needs[0].want is not Want.SEMAPHORE:
            return None
        return self._scene.holder(needs[0])

    def _waits_for_end(self, actor: str) -> bool:
        """Tell whether an actor reads a plain pipe: it is the user's own, not the inside of a queue."""
        wait = self._waits[actor]
        if not self._wants(actor, Want.READ) or len(wait.needs) != 1:
            return False
        if isinstance(wait, Sleeper):
            return True
        return wait.told is not None and wait.told.thing.type in _ENDS and wait.told.place is not None

    def _in_conversation(self) -> tuple[str, ...]:
        """Return two readers of the two ends of one duplex pipe: each waits for the other to send."""
        readers = {
            self._waits[actor].needs[0].key: actor
            for actor in self._members
            if self._waits_for_end(actor) and self._waits[actor].needs[0].kind == "socket"
        }
        for inode, actor in sorted(readers.items()):
            peer = self._scene.peer(inode)
            if peer in readers:
                return self._sorted((actor, readers[peer]))
        return ()

    def _sorted(self, actors: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(actors, key=self._rank))

    def _rank(self, actor: str) -> tuple[bool, bool, int, str]:
        kin = self.kin_of(actor)
        return (kin.pid != self._scene.root, self._place(actor) is None, kin.pid, actor)

    def _order(self, core: tuple[str, ...]) -> list[str]:
        """Return whom to show: the core, who stands between the test and the core, then the others."""
        others = [
            actor for actor in self._sorted(self._members - set(core)) if self._place(actor) is not None
        ]
        return [*core, *others][:MOST]

    # -- the parts

    def _place(self, actor: str) -> Place | None:
        wait = self._waits[actor]
        thread = self._threads.get(actor)
        told = wait.told if isinstance(wait, NotedWait) else None
        place = (told.place if told is not None else None) or (thread.place if thread is not None else None)
        if place is None and isinstance(wait, Sleeper):
            return next(iter(self._stack_of(wait)), None)
        return place

    def _stack_of(self, sleeper: Sleeper) -> tuple[Place, ...]:
        """Return where a main thread is that could not tell itself, the innermost first."""
        kin = self.kin_of(sleeper.id)
        trace = next((trace for trace in self._traces_of(kin) if trace.is_main), None)
        if trace is None or sleeper.tid != kin.pid:
            return ()
        return tuple(
            place for site in trace.of_user() if (place := place_of_site(site, self._root)) is not None
        )

    def _traces_of(self, kin: Kin) -> list[Trace]:
        """Ask a process for its stacks; in a great family, not everybody: each takes a while."""
        if kin.pid not in self._traces and len(self._traces) < ASKED:
            self._traces[kin.pid] = stacks.ask(kin.pid, kin.stat.start)
        return self._traces.get(kin.pid, [])

    def _process_name(self, kin: Kin) -> str:
        if kin.note is not None:
            return kin.note.name
        if kin.member is not None and kin.member.name:
            return kin.member.name
        command = procfs.command(kin.pid)
        return Path(command[0]).name if command else kin.stat.name

    def _actor(self, actor: str) -> Actor:
        kin, name = self.kin_of(actor), self._names.get(actor, "MainThread")
        return Actor(actor, self._process_name(kin), kin.pid, name, "waiting", self._place(actor))

    def _wait(self, actor: str) -> Wait | None:
        wait = self._waits[actor]
        thing = self._thing(wait, self.kin_of(actor))
        return Wait(actor, self._resource(thing), self._place(actor)) if thing is not None else None

    def _thing(self, wait: NotedWait | Sleeper, kin: Kin) -> Thing | None:
        if isinstance(wait, NotedWait) and (wait.told is None or wait.told.thing.type != "Child"):
            return wait.told.thing if wait.told is not None else None
        need = wait.needs[0]
        if need.want is Want.PROCESS:
            target = self._scene.kins.get(need.key)
            return Thing(f"p{need.key}", "Process", self._process_name(target) if target else "a process")
        if need.want in (Want.READ, Want.WRITE):
            return Thing(f"i{need.key}", "Pipe", _stream_name(self._fd_of(kin, need)))
        return Thing(f"{kin.pid}", "wait", "a wait inside the process")

    def _fd_of(self, kin: Kin, need: Need) -> int:
        reading = need.want is Want.READ
        ends = [end for end in self._scene.ends(kin.pid) or () if end.inode == need.key]
        return next((end.fd for end in ends if (end.readable if reading else end.writable)), -1)

    def _resource(self, thing: Thing) -> str:
        key = thing.id
        known = self._resources.get(key)
        if known is None or (_is_vague(known.name) and not _is_vague(thing.name)):
            created = thing.created or (known.created if known is not None else None) or self._made(thing)
            self._resources[key] = Resource(key, thing.type, self._name(thing, created), created, thing.state)
        return key

    def _name(self, thing: Thing, created: Place | None) -> str:
        """Call a thing as the test does, or else as who waits for it; two things never by one name."""
        taken = {resource.name for resource in self._resources.values()}
        made = assigned_in(created.source) if created is not None else ""
        names = [name for name in (self._known(thing), thing.name, made) if not _is_vague(name)]
        fresh = [name for name in names if name not in taken]
        if fresh:
            return fresh[0]
        name = names[0] if names else thing.name
        return name if name not in taken else f"{name} ({len(taken) + 1})"

    def _known(self, thing: Thing) -> str:
        root = self._scene.kins.get(self._scene.root)
        things = root.note.things if root is not None and root.note is not None else ()
        mine = [each for each in things if each.id == thing.id]
        alike = [each for each in mine if each.type == thing.type]
        inside = mine if _is_vague(thing.name) else []  # a lock that a queue is made of
        return next((each.name for each in (*alike, *inside)), "")

    def _made(self, thing: Thing) -> Place | None:
        """Return where the ends of a pipe were made, from whoever knows."""
        return next(
            (
                end.thing.created
                for kin in self._scene.kins.values()
                for end in (kin.note.ends if kin.note is not None else ())
                if end.thing.id == thing.id
            ),
            None,
        )

    # -- holds

    def _lock_holds(self, order: list[str]) -> Iterator[Hold]:
        waited = {
            thing.id for a in order if (thing := self._thing(self._waits[a], self.kin_of(a))) is not None
        }
        for actor in order:
            thread = self._threads.get(actor)
            for hold in thread.holds if thread is not None else ():
                if hold.thing.id in waited:
                    yield Hold(actor, self._resource(hold.thing), hold.place)

    def _end_holds(self, order: list[str]) -> Iterator[Hold]:
        """Yield who has open the ends that a reader or writer waits for: as its holds."""
        for actor in order:
            wait = self._waits[actor]
            thing = self._thing(wait, self.kin_of(actor))
            for need in wait.needs if not self._is_looping(actor) else ():
                if (
                    need.want in (Want.READ, Want.WRITE)
                    and thing is not None
                    and self._place(actor) is not None
                ):
                    for pid in self._scene.other_side(need):
                        spokesman = self._spokesman(pid, order, need)
                        if spokesman is not None:
                            yield Hold(spokesman, self._resource(thing), self._end_made(need))

    def _spokesman(self, pid: int, order: list[str], need: Need) -> str | None:
        """Return who stands for a process: the one that waits at the other end itself, or else the first."""
        its = [actor for actor in order if self.kin_of(actor).pid == pid]
        other = self._scene.peer(need.key) if need.kind == "socket" else None
        at_other = (actor for actor in its if any(each.key == other for each in self._waits[actor].needs))
        return next(at_other, its[0] if its else None)

    def _end_made(self, need: Need) -> Place | None:
        """Return where the other end was made."""
        other = self._scene.peer(need.key) if need.kind == "socket" else need.key
        return self._made(Thing(f"i{other}", "", ""))

    def _dead(self, order: list[str]) -> tuple[list[Actor], list[Hold]]:
        """Return the ended processes that still hold what somebody waits for."""
        actors: dict[str, Actor] = {}
        holds = []
        for actor in order:
            thing = self._thing(self._waits[actor], self.kin_of(actor))
            found = self._gone_actor(actor) or self._dead_actor(actor)
            if found is not None and thing is not None:
                if found[0].id not in order:  # of a lock that was copied at a fork, the holder may wait too
                    actors[found[0].id] = found[0]
                holds.append(Hold(found[0].id, self._resource(thing), found[1]))
        return list(actors.values()), holds

    def _gone_actor(self, actor: str) -> tuple[Actor, Place | None] | None:
        """Return the thread that has the lock of which a forked child waits for its copy, or that ended."""
        gone, kin = self._gone(actor), self.kin_of(actor)
        if gone is None:
            return None
        parent = self._scene.kins.get(kin.stat.parent, kin)
        if gone.at_fork:
            holder = actor_id(parent.pid, f"t{gone.ident}")
            return Actor(holder, self._process_name(parent), parent.pid, gone.name, "running"), gone.place
        return Actor(f"g{actor}", self._process_name(kin), kin.pid, gone.name, "ended"), gone.place

    def _dead_actor(self, actor: str) -> tuple[Actor, Place | None] | None:
        holder = self._holder(actor)
        if holder is None or not self._scene.has_ended(holder):
            return None
        name = holder.process or "a process"
        return Actor(f"e{holder.pid}", name, holder.pid, "MainThread", "ended"), self._site(holder)

    def _site(self, holder: Taken) -> Place | None:
        site = holder.site
        if site is None or not is_user_file(site.co_filename):
            return None
        return place_of_site(site, self._root)

    # -- words

    def _summary(self, kind: Kind, core: tuple[str, ...]) -> str:
        who = self._who(core[0])
        first = self._thing(self._waits[core[0]], self.kin_of(core[0]))
        what = self._resources[first.id].name if first is not None else "something"
        if kind is Kind.DEADLOCK_CYCLE:
            count = len({self.kin_of(actor).pid for actor in core})
            many = f"{count} processes" if count > 1 else f"{len(core)} threads"
            return f"{many} wait for each other"
        if kind is Kind.SELF_DEADLOCK:
            return f"{who} waits for {what}, which it holds itself"
        if kind is Kind.ABANDONED_LOCK:
            return self._summary_of_abandoned(core[0], what)
        if kind is Kind.FULL_PIPE:
            return f"{who} writes to {what}, which is full, and nobody will read it"
        if kind is Kind.NO_EOF:
            return f"{who} reads {what}, and whoever could write or close it waits too"
        stalled = (
            f"nothing will happen in {what} any more"
            if self._is_looping(core[0])
            else f"{who} waits for {what}"
        )
        return f"{stalled}: nobody is left who could wake it"

    def _who(self, actor: str) -> str:
        """Call an actor as the picture does."""
        found = self._actor(actor)
        return found.thread if found.process == MAIN_PROCESS else found.process

    def _summary_of_abandoned(self, actor: str, what: str) -> str:
        gone, holder = self._gone(actor), self._holder(actor)
        if gone is not None and gone.at_fork:
            return (
                f"{self._who(actor)} got a copy of {what} that {gone.name} held at the fork: it stays locked"
            )
        name = gone.name if gone is not None else holder.process if holder is not None else ""
        return f"{what} was never released by {name or 'a thread'}, which has ended"

    def _details(self, core: tuple[str, ...]) -> Iterator[str]:
        for actor in core:
            yield from self._gone_takers(actor)
            for need in self._waits[actor].needs if not self._is_looping(actor) else ():
                if need.want in (Want.READ, Want.WRITE):
                    side = "write" if need.want is Want.READ else "read"
                    holders = self._scene.other_side(need)
                    names = [self._process_name(self._scene.kins[pid]) for pid in sorted(holders)]
                    if need.kind == "socket":
                        side = "other"
                    thing = self._thing(self._waits[actor], self.kin_of(actor))
                    what = self._resources[thing.id].name if thing is not None else "the pipe"
                    yield f"{what}: the {side} end is open in {_listed(names)}"

    def _gone_takers(self, actor: str) -> Iterator[str]:
        """Yield who took a semaphore and ended: that is where its units are."""
        thing = self._thing(self._waits[actor], self.kin_of(actor))
        for need in self._waits[actor].needs:
            for taken in self._scene.taken.get(need.key, ()) if need.want is Want.SEMAPHORE else ():
                if taken.times > 0 and not need.lock and self._scene.has_ended(taken):
                    place = self._site(taken)
                    if place is not None and thing is not None:
                        name = self._resources[thing.id].name
                        yield f"{name}: taken by {taken.process}, which has ended, at {place.file}:{place.line}"

    def _dump(self) -> Iterator[str]:
        """Yield what every thread of each child in the knot is doing: the child will be ended."""
        pids = {self.kin_of(actor).pid for actor in self._members} - {self._scene.root}
        for pid in sorted(pids)[:MOST]:
            kin = self._scene.kins[pid]
            process = self._process_name(kin)
            told = kin.note.threads if kin.note is not None else ()
            for thread in told:
                if thread.stack:
                    yield f"{STACK_OF}{process}, {thread.name}: {_stack_text(thread.stack)}"
            for sleeper in kin.sleepers:
                if sleeper.id not in {thread.id for thread in told}:
                    stack = self._stack_of(sleeper)
                    told_of = _stack_text(stack) if stack else self._outside_view(sleeper)
                    yield f"{STACK_OF}{process}: {told_of}"

    def _outside_view(self, sleeper: Sleeper) -> str:
        """Say what the system tells of a thread that could not tell itself."""
        need = sleeper.needs[0]
        thing = self._thing(sleeper, self.kin_of(sleeper.id))
        what = {Want.READ: "reads", Want.WRITE: "writes to", Want.PROCESS: "waits for"}.get(
            need.want, "is in"
        )
        return f"seen from outside, it {what} {thing.name if thing is not None else 'something'}"

    def _culprits(self, kind: Kind, core: tuple[str, ...], holds: tuple[Hold, ...]) -> tuple[Place, ...]:
        places = [self._place(actor) for actor in core]
        inside = {t.id for a in core if (t := self._thing(self._waits[a], self.kin_of(a)))}
        held = [hold.place for hold in holds if hold.resource in inside]
        if kind is Kind.NO_EOF:
            places = [*held, *places]
        elif kind in (Kind.SELF_DEADLOCK, Kind.ABANDONED_LOCK):
            places = [*places, *held]
        elif kind is Kind.FULL_PIPE:
            readers = [hold.actor for hold in holds if hold.resource in inside]
            places = [*(self._place(actor) for actor in readers if actor in self._waits), *places]
        if not any(places):
            places = [self._place(actor) for actor in self._sorted(self._members)]
        return tuple(dict.fromkeys(place for place in places if place is not None))


def _stack_text(stack: tuple[Place, ...]) -> str:
    first, *others = stack
    text = f"{first.file}:{first.line} in {first.function}: {first.source}"
    return "".join([text, *(f", called from {each.file}:{each.line} in {each.function}" for each in others)])


def _is_vague(name: str) -> bool:
    return not name or name.startswith(("a ", "an "))


def _stream_name(fd: int) -> str:
    return {0: "standard input", 1: "standard output", 2: "standard error"}.get(fd, f"descriptor {fd}")


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    if len(unique) > 4:
        return f"{', '.join(unique[:3])} and {len(unique) - 3} more"
    return " and ".join(unique) if len(unique) < 3 else f"{', '.join(unique[:-1])} and {unique[-1]}"
