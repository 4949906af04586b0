"""One process's part in watching the family: it tells what it waits for, and looks at what others tell."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.primitives import runtime
from pytest_sensei.watch import family, graph, noting, procfs
from pytest_sensei.watch.notes import NotedWait, Want
from pytest_sensei.watch.verdicts import FamilyVerdict, diagnose

if TYPE_CHECKING:
    from pytest_sensei.watch.family import Scene, Sleeper
    from pytest_sensei.watch.home import Home
    from pytest_sensei.watch.ledger import Ledger
    from pytest_sensei.watch.notes import Note

SECOND_LOOK = 0.01  # seconds between two looks at threads of which only the kernel tells
ASK_AGAIN = 0.1  # seconds until waiters that did not answer are asked again
SHARE = 15  # of the time, looking takes at most one part in so many


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A knot that was seen: who waits in it for what, and when it was seen first."""

    waits: frozenset[tuple[str, int | str]]
    seen: float
    asked: float


class Judge:
    """Looks at the family whenever a wait of this process goes on, and proves what it can."""

    def __init__(self, home: Home | None, root: int, rootdir: str | None) -> None:
        self.home = home
        self._root = root
        self._rootdir = rootdir
        self._suspicion: Suspicion | None = None
        self._hung_out: tuple[int, ...] | None = None
        self._answered = 0
        self._told: frozenset[tuple[str, int | str]] | None = None
        self._next_look = 0.0
        self.name = multiprocessing.current_process().name

    # -- telling

    def tell(self, now: Ledger) -> Note:
        """Hang out this process's note, if there is something new to tell or somebody has asked."""
        home = self.home
        asked = home is not None and home.head.challenges != self._answered
        rich = asked or (home is None and self._suspicion is not None)
        note = noting.write(now, self.name, rich=rich, root=self._rootdir)
        if home is not None and (asked or note.waits() != self._hung_out):
            self._answered = home.head.challenges
            self._hung_out = note.waits()
            for party in now.parties.values():
                if party.wait is not None:
                    party.wait.noted = True
            home.hang_out(note)
            if any(
                party.wait is not None and (party.strand is None or party.strand.wait is not party.wait)
                for party in now.parties.values()
            ):
                self.moved_on()  # somebody moved while we wrote
        return note

    def moved_on(self) -> None:
        """A wait that was noted is over."""
        if self.home is not None and self._hung_out is not None:
            self._hung_out = None
            self.home.take_in()

    # -- looking

    def judge(self, note: Note) -> FamilyVerdict | None:
        """Look at the family, unless somebody did just now; return what is proved."""
        moment = runtime.monotonic()
        if moment < self.next_look:
            return None
        began = time.thread_time()
        scene = self._scene(note)
        verdict = self._judged(scene, moment)
        self.next_look = runtime.monotonic() + SHARE * (time.thread_time() - began)
        return verdict

    @property
    def next_look(self) -> float:
        return self._next_look if self.home is None else self.home.head.next_look

    @next_look.setter
    def next_look(self, moment: float) -> None:
        self._next_look = moment
        if self.home is not None:
            self.home.head.next_look = moment

    def _scene(self, note: Note) -> Scene:
        notes = {}
        if self.home is not None:
            for pid, start in self.home.members():
                found = self.home.note_of(pid, start)
                if found is not None and procfs.start(pid) == start:
                    notes[pid] = found
        folder = self.home.folder if self.home is not None else None
        return family.look(self._root, note, folder, notes, service_pids())

    def _judged(self, scene: Scene, moment: float) -> FamilyVerdict | None:
        members = _stuck(scene)
        if not members:
            self._suspicion = None
            return None
        waits = family.waits_of(scene, members)
        key = frozenset((actor, _identity(wait)) for actor, wait in waits.items())
        before = self._suspicion
        if before is None or before.waits != key:
            self._suspicion = before = Suspicion(key, moment, 0.0)
        if key == self._told:
            return None
        noted = [wait for wait in waits.values() if isinstance(wait, NotedWait)]
        formed = max((wait.since for wait in noted), default=before.seen)
        if not _is_proved(waits, formed, before, moment) or not all(_is_told(wait) for wait in noted):
            self._ask(moment)
            return None
        if _has_foreign_holders(scene, waits):
            return None
        self._told = key
        return diagnose(scene, members, self._rootdir, latency=runtime.monotonic() - formed)

    def _ask(self, moment: float) -> None:
        """Ask all waiters for a note in words, of waits that they have tried again."""
        suspicion = self._suspicion
        if suspicion is not None and self.home is not None and moment - suspicion.asked > ASK_AGAIN:
            self._suspicion = Suspicion(suspicion.waits, suspicion.seen, moment)
            self.home.head.challenge()


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


def _is_proved(
    waits: dict[str, NotedWait | Sleeper], formed: float, before: Suspicion, moment: float
) -> bool:
    """Tell whether everybody has tried again, in vain, since the last one began to wait.

    Then nothing that any of them did before can have woken another. Those of whom only the kernel tells must
    not have moved between two looks, both after that moment.
    """
    noted = [wait for wait in waits.values() if isinstance(wait, NotedWait)]
    if not all(wait.tried > formed for wait in noted):
        return False
    if len(noted) == len(waits):
        return True
    return before.seen > formed and moment - before.seen >= SECOND_LOOK


def _is_told(wait: NotedWait) -> bool:
    return wait.told is not None or wait.serial == 0


def _has_foreign_holders(scene: Scene, waits: dict[str, NotedWait | Sleeper]) -> bool:
    """Tell whether a process outside the family has an end of a pipe or socket that is waited for."""
    wanted = {
        need.key for wait in waits.values() for need in wait.needs if need.want in (Want.READ, Want.WRITE)
    }
    wanted |= {peer for inode in wanted if (peer := scene.peer(inode)) is not None}
    if not wanted:
        return False
    others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in scene.kins]  # noqa: PTH208
    return any(end.inode in wanted for pid in others for end in procfs.ends(pid) or ())


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
