"""One process's part in watching the family: it tells what it waits for, and looks at what others tell."""

from __future__ import annotations

import multiprocessing
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.primitives import runtime
from pytest_sensei.watch import family, graph, noting, procfs
from pytest_sensei.watch.family import Sleeper
from pytest_sensei.watch.notes import NotedWait, Want
from pytest_sensei.watch.verdicts import FamilyVerdict, diagnose

if TYPE_CHECKING:
    from pytest_sensei.primitives.runtime import Strand
    from pytest_sensei.watch.family import Scene
    from pytest_sensei.watch.home import Home
    from pytest_sensei.watch.ledger import Ledger
    from pytest_sensei.watch.notes import Note

SECOND_LOOK = 0.01  # seconds between two looks, at least
ALERT = 0.3  # seconds that a process which was asked goes on telling
CLAIM = 0.2  # seconds that a look may take before somebody else looks too
QUIET = 0.1  # seconds until the next look when nobody has told anything new since the last one
SHARE = 15  # of the time, looking takes at most one part in so many
CREDIT = 0.1  # seconds of not looking that can be made up for


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A knot that was seen: who waits in it for what, and when it had been seen."""

    waits: frozenset[tuple[str, int | str]]
    seen: float


class Judge:
    """Looks at the family whenever a wait of this process goes on, and proves what it can."""

    def __init__(self, home: Home | None, root: int, rootdir: str | None) -> None:
        self.home = home
        self._root = root
        self._rootdir = rootdir
        self._suspicion: Suspicion | None = None
        self._note: Note | None = None  # as it was written last, unless somebody has moved since
        self._answered = 0
        self._alert_until = 0.0
        self._told: frozenset[tuple[str, int | str]] | None = None
        self._next_look = 0.0
        self._changes = -1  # as they were counted at the last look
        self.name = multiprocessing.current_process().name

    @property
    def suspects(self) -> bool:
        """Tell whether the last look saw a knot that is yet to be proved."""
        return self._suspicion is not None

    # -- telling

    def has_nothing_to_do(self) -> bool:
        """Tell whether a look would be in vain: this process has told all, and somebody looked just now."""
        return (
            self._note is not None
            and self.home is not None
            and self.home.head.challenges == self._answered
            and runtime.monotonic() > self._alert_until
            and runtime.monotonic() < self.home.head.next_look
            and self._note.serials == tuple(_serial(strand) for strand in runtime.strands.values())
        )

    def tell(self, now: Ledger) -> Note:
        """Hang out this process's note, if there is something new to tell or somebody has asked."""
        home, moment = self.home, runtime.monotonic()
        if home is not None and home.head.challenges != self._answered:
            self._answered = home.head.challenges
            self._alert_until = moment + ALERT
        alert = moment < self._alert_until or (home is None and self._suspicion is not None)
        before, note = self._note, self._written(now, rich=alert)
        if home is None:
            self._note = note
        elif alert or before is None or note.waits() != before.waits():
            self._hang_out(note, now, home)
        return note

    def _written(self, now: Ledger, *, rich: bool) -> Note:
        """Return the note; when all still wait as they did, it is the last one with its times renewed."""
        last, waits = self._note, [party.wait for party in now.parties.values() if party.wait is not None]
        if (
            last is not None
            and (last.rich or not rich)
            and all(last.waits())
            and len(now.parties) == len(last.threads)
            and set(last.waits()) == {wait.serial for wait in waits}
        ):
            return last.renewed({wait.serial: wait.tried for wait in waits})
        return noting.write(now, self.name, rich=rich, root=self._rootdir)

    def _hang_out(self, note: Note, now: Ledger, home: Home) -> None:
        if self._note is None or note.waits() != self._note.waits():
            home.head.change()
        self._note = note
        for party in now.parties.values():
            if party.wait is not None:
                party.wait.noted = True
        home.hang_out(note)
        if any(
            party.wait is not None and (party.strand is None or party.strand.wait is not party.wait)
            for party in now.parties.values()
        ):
            self.moved_on()  # somebody moved while we wrote

    def moved_on(self) -> None:
        """A wait that was noted is over."""
        if self.home is not None and self._note is not None:
            self._note = None
            self.home.take_in()

    # -- looking

    def judge(self, note: Note) -> FamilyVerdict | None:
        """Look at the family, unless somebody did just now; return what is proved.

        Where there is no /proc nothing can be: who sleeps, and who has which end open, is not to be seen.
        """
        if not procfs.visible():
            return None
        due = self.next_look
        if runtime.monotonic() < due:
            return None
        self._pause(runtime.monotonic() + CLAIM)  # the others need not look meanwhile
        changes = self.home.head.changes if self.home is not None else 0
        began = time.thread_time()
        scene = self._scene(note)
        verdict = self._judged(scene)
        moment = runtime.monotonic()
        if verdict is not None or self._suspicion is not None:
            self._pause(moment)
        else:
            quiet = self.home is not None and changes == self._changes
            earliest = earliest_look(due, time.thread_time() - began, moment)
            self._pause(earliest, unless_changed=moment + QUIET if quiet else 0.0)
        self._changes = changes
        if self.home is not None:
            self.home.head.members = len(scene.kins)
        return verdict

    @property
    def next_look(self) -> float:
        return self._next_look if self.home is None else self.home.head.next_look

    def _pause(self, until: float, *, unless_changed: float = 0.0) -> None:
        self._next_look = max(until, unless_changed)
        if self.home is not None:
            self.home.head.pause(until, unless_changed=unless_changed)

    def _scene(self, note: Note) -> Scene:
        notes = {}
        if self.home is not None:
            for pid, start in self.home.members():
                found = self.home.note_of(pid, start)
                if found is not None:
                    notes[pid] = found
        folder = self.home.folder if self.home is not None else None
        return family.look(self._root, note, folder, notes, service_pids())

    def _judged(self, scene: Scene) -> FamilyVerdict | None:
        members = _stuck(scene)
        if not members:
            self._suspicion = None
            return None
        waits = family.waits_of(scene, members)
        key = frozenset((actor, _identity(wait)) for actor, wait in waits.items())
        before = self._suspicion
        if key == self._told:
            self._suspicion = None
            return None
        if before is None or before.waits != key:
            self._suspicion = Suspicion(key, runtime.monotonic())
            self._ask()
            return None
        if not _is_proved(waits, before) or not all(_is_told(wait) for wait in waits.values()):
            self._ask()  # on a busy machine they may have told for the last time before we suspected anything
            return None
        if _has_unseen_holders(scene, waits):
            return None
        self._told, self._suspicion = key, None
        formed = max(
            (wait.since for wait in waits.values() if isinstance(wait, NotedWait)), default=before.seen
        )
        return diagnose(scene, members, self._rootdir, latency=runtime.monotonic() - formed)

    def _ask(self) -> None:
        """Ask all waiters to tell, in words, of the waits that they have tried again."""
        if self.home is not None and runtime.monotonic() > self._alert_until:
            self.home.head.challenge()


def earliest_look(due: float, cost: float, moment: float) -> float:
    """Return when to look again at the earliest, after a look that was due and took `cost` seconds of CPU time.

    Looking takes one part of the time in `SHARE`, but a while without looks gives credit for some in a row:
    a knot is seen soon after it has formed (the generic cell rate algorithm, ITU-T I.371).
    """
    return max(moment, due + CREDIT) + SHARE * cost - CREDIT


def _serial(strand: Strand) -> int:
    wait = strand.wait
    return wait.serial if wait is not None else 0


def _stuck(scene: Scene) -> frozenset[str]:
    """Return a knot, if there is one: of all who wait, or a certain one even if a parent kills its child."""
    members = graph.knot(scene.situation(killers=True))
    if members:
        return members
    situation = scene.situation(killers=False)
    stuck = graph.knot(situation)
    return graph.certain(scene.binding_edges(situation), stuck) if stuck else stuck


def _identity(wait: NotedWait | Sleeper) -> int | str:
    return wait.serial if isinstance(wait, NotedWait) else wait.evidence


def _is_proved(waits: dict[str, NotedWait | Sleeper], before: Suspicion) -> bool:
    """Tell whether all have waited on, without a break, while the knot was seen the first time.

    A wait that was tried again since, in vain, went on all the time. So at that first look all members were
    blocked, and what was seen of holders and open ends was true of blocked actors: none of them can wake
    another, and nobody else can. Of those who left no note the kernel must tell the same at both looks.
    """
    return runtime.monotonic() - before.seen >= SECOND_LOOK and all(
        wait.tried > before.seen for wait in waits.values() if isinstance(wait, NotedWait)
    )


def _is_told(wait: NotedWait | Sleeper) -> bool:
    return isinstance(wait, Sleeper) or wait.told is not None


def _has_unseen_holders(scene: Scene, waits: dict[str, NotedWait | Sleeper]) -> bool:
    """Tell whether an end of a pipe or socket that is waited for may be open where we did not look.

    A process outside the family may have it, or it is on its way from one process to another.
    """
    streams = (need.key for wait in waits.values() for need in wait.needs if need.want in STREAMS)
    wanted = {inode for key in streams for inode in (key, scene.peer(key)) if inode is not None}
    if not wanted:
        return False
    foreign = (pid for pid in procfs.everybody() if pid not in scene.kins)
    if any(end.inode in wanted for pid in foreign for end in procfs.ends(pid) or ()):
        return True
    sockets = ((pid, end.fd) for pid in scene.kins for end in scene.ends(pid) or () if end.kind == "socket")
    return any(procfs.in_flight(pid, fd) for pid, fd in sockets)


STREAMS = (Want.READ, Want.WRITE)


def service_pids() -> frozenset[int]:
    """Return the helper processes of multiprocessing that this process knows of."""
    found = set()
    for module, name, attribute in _SERVICES:
        loaded = sys.modules.get(module)
        pid = getattr(getattr(loaded, name, None), attribute, None) if loaded is not None else None
        if pid:
            found.add(pid)
    return frozenset(found)


_SERVICES = (
    ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
    ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
)
