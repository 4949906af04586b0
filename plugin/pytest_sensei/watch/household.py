"""The family as the watching process keeps it: its directory, whose test each member is, and its end."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
from multiprocessing import process
from typing import TYPE_CHECKING

from pytest_sensei.primitives import births, children, pipes, processes, runtime, selecting, semaphores
from pytest_sensei.watch import descent, membership, offspring, procfs, record, stacks
from pytest_sensei.watch.home import Home
from pytest_sensei.watch.judging import Judge
from pytest_sensei.watch.patience import looks
from pytest_sensei.watch.record import Record
from pytest_sensei.watch.strays import Strays

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from pytest_sensei.watch.ledger import Ledger
    from pytest_sensei.watch.verdicts import FamilyVerdict

_KEY = "household"
POLITE = 0.15  # seconds that a process gets to end after SIGTERM
GENERATIONS = 5  # of processes that are born while their parents are ended
SURE = 1.0  # seconds that the system gets to end it after SIGKILL
ANSWER = 0.5  # seconds that a fork server gets to tell how a process ended
UNKNOWN = 255  # the exit code where nobody can tell any more, as in multiprocessing/popen_forkserver.py
_SHARED = (semaphores.Guard, pipes.Ends, selecting.Selecting, processes.Ending)

Process = tuple[int, int]
"""A process: its identifier and its start."""


class Household:
    """One object for the session. The directory is made at the first child."""

    def __init__(self, rootdir: str | None) -> None:
        self._rootdir = rootdir
        self._root = os.getpid()
        self._home: Home | None = None
        self._judge = Judge(None, self._root, rootdir)
        self._proving = False
        self._before: frozenset[int] = frozenset()
        self._heard = 0
        self._is_open = False
        self._strays = Strays(self._root)

    def open(self) -> None:
        """From now on, make the directory when a child is about to be born.

        A run of pytest inside of a watched test leaves the family to the run around it.
        """
        self._is_open = _KEY not in children.before_fork
        if not self._is_open:
            return
        children.before_fork[_KEY] = self._expect_child
        children.call_in_children(_KEY, self._expect_spawned)
        children.after_fork[_KEY] = self._in_child
        self._strays.open()

    def close(self) -> None:
        """The session is over."""
        if not self._is_open:
            return
        self._is_open = False
        self._strays.close()
        for calls in (children.before_fork, children.after_fork):
            calls.pop(_KEY, None)
        children.call_no_more(_KEY)
        membership.expect_nobody()
        if self._home is not None:
            semaphores.record_in(None)
            stacks.answer_no_more()
            self._home.remove()
            self._home = self._judge.home = None

    def _expect_spawned(self) -> children.Call | None:
        self._expect_child()
        return membership.call_for(*self._where()) if self._home is not None else None

    def _where(self) -> tuple[str, int, str | None]:
        assert self._home is not None
        return str(self._home.folder), self._root, self._rootdir

    def _expect_child(self) -> None:
        if self._home is not None or os.getpid() != self._root:
            return
        home = Home.make()
        record = Record(home.folder, home.pid, home.start)
        record.named(multiprocessing.current_process().name, ready=True)
        semaphores.record_in(record)
        self._home = self._judge.home = home
        stacks.answer_into(home.folder)
        membership.expect_forks(*self._where())
        home.head.proving = self._proving

    def _in_child(self) -> None:
        """A forked child keeps no house."""
        children.before_fork.pop(_KEY, None)
        children.after_fork.pop(_KEY, None)
        children.call_no_more(_KEY)

    @property
    def root(self) -> int:
        """Return the identifier of the watching process."""
        return self._root

    @property
    def home(self) -> Home | None:
        """Return the family's directory, once there is a child."""
        return self._home

    @property
    def folder(self) -> Path | None:
        """Return where the family's directory is, once there is a child."""
        return self._home.folder if self._home is not None else None

    def strays(self) -> list[int]:
        """Return the programs that have lost the parent which led to us."""
        return self._strays.find() if self._is_open else []

    def unclear_strays(self) -> set[Process]:
        """Return who could not be told from a stranger at the last look."""
        return {(pid, procfs.start(pid)) for pid in self._strays.unclear}

    def ask(self) -> None:
        """Ask all who wait to tell where."""
        if self._home is not None:
            self._home.head.challenge()

    def have_told(self, members: Iterable[Process]) -> bool:
        """Tell whether all of some processes have a note."""
        home = self._home
        return home is not None and all(home.note_of(*each) is not None for each in members)

    @property
    def members(self) -> int:
        """Return of how many processes the family was when somebody looked last; 0 before the first child."""
        return max(1, self._home.head.members) if self._home is not None else 0

    def sweep(self) -> None:
        """Remove what the dead have left in the directory.

        That a dead one still holds something stays as evidence, as long as we have the lock ourselves, or
        anybody lives who may have it.
        """
        if self._home is None:
            return
        folder, members = self._home.folder, list(self._home.members())
        dead = [each for each in members if not _lives(each)]
        if not dead:
            return
        shared = {guard.key for guard in semaphores.guards}
        alone = all(each[0] == self._root or each in dead for each in members)
        names = set(os.listdir(folder))  # noqa: PTH208 - a third of the time
        for pid, start in dead:
            taken = record.read_taken(folder, pid, start)
            if all(alone and each.key not in shared for each in taken):
                for name in names & {f"{kind}.{pid}.{start}" for kind in ("holds", "sites", "note")}:
                    (folder / name).unlink(missing_ok=True)

    # -- the test's life

    def begin(self, *, proving: bool) -> None:
        self._before = frozenset(procfs.descendants(self._root))
        self._proving = proving
        if self._home is not None:
            self._home.take()
            stacks.forget()
            self._heard = self._home.head.verdicts
            self._home.head.pause(until=0.0)  # the looks of the test before are paid for
            self._home.head.proving = proving

    def end(self) -> None:
        self._proving = False
        if self._home is not None:
            self._home.head.proving = False

    # -- looking

    def look(self, now: Ledger) -> FamilyVerdict | None:
        """Tell what this process waits for, and look at the family, where there is any."""
        if self._home is None and not any(
            party.wait is not None
            and party.wait.deadline is None
            and isinstance(party.wait.resource, _SHARED)
            for party in now.parties.values()
        ):
            return None
        note = self._judge.tell(now)
        return self.given() or self._judge.judge(note)

    @property
    def suspects(self) -> bool:
        """Tell whether the last look saw a knot that is yet to be proved."""
        return self._judge.suspects

    def given(self) -> FamilyVerdict | None:
        """Return a verdict that another member has given since the test began."""
        if self._home is None or self._home.head.verdicts == self._heard:
            return None
        self._heard = self._home.head.verdicts
        return self._home.take()

    def moved_on(self) -> None:
        self._judge.moved_on()

    def of_this_test(self, members: Iterable[Process]) -> list[Process]:
        """Return those of some processes that this test has started, itself or through others."""
        return [each for each in members if each[0] != self._root and each[0] not in self._before]

    # -- the end

    def break_up(self, members: Collection[Process]) -> None:
        """End processes, and all that they have started: politely, then surely.

        Who is born meanwhile, perhaps because its parent was told to end, is not asked politely.
        """
        every = set(members) | self._started_by(members)
        _end(every, signal.SIGTERM, POLITE)
        for _ in range(GENERATIONS):
            fresh = self._started_by(every)
            every |= fresh
            if not any(_lives(each) for each in every):
                break
            _end(every, signal.SIGKILL, SURE)

    def break_up_test(self) -> None:
        """End all processes of this test, but the services."""
        present = offspring.look(self._root, self.folder, self.strays())
        self.break_up(self.of_this_test(seen.key for seen in present))

    def _started_by(self, members: Iterable[Process]) -> set[Process]:
        """Return the living processes that descend from others, as the system or they themselves have told."""
        every = set(members)
        for pid, start in members:
            if procfs.start(pid) == start:
                every.update((each, procfs.start(each)) for each in procfs.descendants(pid))
        words = descent.read_all(self.folder) if self.folder is not None else []
        count = 0
        while count != len(every):  # each round finds a generation more
            count = len(every)
            every.update((word.pid, word.start) for word in words if word.parent in every)
        return {each for each in every if _lives(each)}

    def break_up_children(self, pids: Iterable[int]) -> None:
        """End processes that nobody else can have reaped."""
        self.break_up([(pid, procfs.start(pid)) for pid in pids])

    def break_up_descendants(self, pids: Iterable[int]) -> None:
        """End those processes that still are ours: the others' identifiers may be a stranger's by now."""
        self.break_up_children(set(pids) & set(procfs.descendants(self._root)))

    def reap(self) -> None:
        """Ask how the ended children ended, those that nobody else will ask about."""
        _ask_processes()
        known = {each.pid for each in process._children}  # type: ignore[attr-defined]
        for pid in procfs.children(self._root):
            found = procfs.stat(pid)
            if found is not None and found.ended and pid not in known and pid not in self._before:
                _reap(pid)


def _ask_processes() -> None:
    """Have multiprocessing ask how its processes ended: who has, is forgotten by it."""
    for _ in looks(ANSWER):
        multiprocessing.active_children()
        silent = list(process._children)  # type: ignore[attr-defined]
        states = [procfs.stat(each.pid) for each in silent]
        for each, state in zip(silent, states, strict=True):
            # A thread that was ended just after it had asked has taken the answer with it.
            if state is None and each._popen.returncode is None and each._popen.method != "forkserver":
                each._popen.returncode = UNKNOWN
        if not any(state is None or state.ended for state in states):
            break


def _reap(pid: int) -> None:
    birth = births.known.get(pid)
    program = birth.target() if birth is not None and birth.target is not None else None
    if isinstance(program, subprocess.Popen):
        program.poll()  # so that it knows, too
    else:
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


def _end(members: Iterable[Process], number: int, patience: float) -> None:
    """Send a signal, also to who is stopped, and wait for the ends."""
    alive = [each for each in members if _lives(each)]
    for pid, _ in alive:
        for each in (number, signal.SIGCONT):
            with contextlib.suppress(OSError):
                os.kill(pid, each)
    _wait_for(alive, patience)


def _lives(member: Process) -> bool:
    found = procfs.stat(member[0])
    return found is not None and found.start == member[1] and not found.ended


def _wait_for(members: Collection[Process], patience: float) -> None:
    deadline, pause = runtime.monotonic() + patience, 0.0005
    while any(_lives(each) for each in members) and runtime.monotonic() < deadline:
        runtime.real_sleep(pause)
        pause = min(pause * 2, 0.02)
