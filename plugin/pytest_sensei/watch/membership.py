"""Belonging to the family: how a child joins, and how it watches its own waits."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import births, children, dying, locks, memory, patching, runtime, semaphores
from pytest_sensei.primitives.undisturbed import no_collection
from pytest_sensei.watch import deaths, descent, leaked_memory, ledger, procfs, stacks
from pytest_sensei.watch.home import Home
from pytest_sensei.watch.judging import Judge
from pytest_sensei.watch.lost import is_nobody_s_business
from pytest_sensei.watch.record import Record

if TYPE_CHECKING:
    from types import CodeType

    from pytest_sensei.primitives.runtime import Lockable, Strand, Waiting

_KEY = "family"
FIRST_SLICE = 0.02  # seconds until a waiter looks for the first time
EARLY = 0.25  # seconds during which it looks as often as that
NEXT_SLICE = 0.03  # seconds between its later looks
PER_MEMBER = 0.001  # seconds, at least, for each process of the family


def slice_for(wait: Waiting, members: int) -> float:
    """Return how long a member waits until it looks: it takes two looks of everybody to prove a knot.

    In a great family each looks less often, so that all together do not look more often.
    """
    early = runtime.monotonic() - wait.since < EARLY
    return max(FIRST_SLICE if early else NEXT_SLICE, members * PER_MEMBER)


class ChildWatching:
    """The watched runtime of a child: it tells and looks, and leaves its proofs to the watching process."""

    def __init__(self, home: Home, root: int, rootdir: str | None, record: Record) -> None:
        self._home = home
        self._judge = Judge(home, root, rootdir)
        self._record = record
        self._looking = locks.raw_lock()

    def named(self, name: str) -> None:
        """The process has begun its work, under its own name."""
        self._judge.name = name
        self._record.named(name, ready=True)

    def slice_for(self, wait: Waiting) -> float:
        return slice_for(wait, self._home.head.members)

    def look(self, strand: Strand) -> None:
        runtime.raise_pending(strand)
        if not self._home.head.proving or self._judge.has_nothing_to_do() or not self._looking.acquire(False):
            return
        try:
            with no_collection():
                verdict = self._judge.judge(self._judge.tell(ledger.read()))
            if verdict is not None:
                self._home.give(verdict)
        except FileNotFoundError:
            runtime.watch_with(None)  # the run is over, and its directory gone
        except OSError:
            return  # what was looked at has been closed meanwhile: somebody moves
        finally:
            self._looking.release()

    def moved_on(self, _wait: Waiting) -> None:
        self._judge.moved_on()

    def ordered(self, strand: Strand, lock: Lockable, code: CodeType, lasti: int) -> None:
        """Lock orders are judged in the watching process only."""

    def passed_on(self, giver: Strand, taker: Strand) -> None:
        """Likewise."""

    def thread_failed(self, thread: object, error: BaseException) -> bool:
        if isinstance(thread, threading.Thread) and not is_nobody_s_business(error):
            deaths.tell(self._home, error, thread.name)
        return False


def join(folder: str, root: int, rootdir: str | None, name: str, *, ready: bool) -> None:
    """Make the current process, a child, a member of the family."""
    try:
        home = Home(Path(folder))
        record = Record(home.folder, home.pid, home.start)
        stacks.answer_into(home.folder)
    except FileNotFoundError:
        return  # the run is over
    record.named(name, ready=ready)
    semaphores.record_in(record)
    memory.announce_to(leaked_memory.Announcing(home.folder, home.pid, home.start))
    watching = ChildWatching(home, root, rootdir, record)
    watching._judge.name = name
    children.at_bootstrap[_KEY] = watching.named
    dying.at_death[_KEY] = lambda error: deaths.tell(home, error)
    births.tell[_KEY] = lambda birth: descent.write(
        home.folder, descent.of_birth(birth, (home.pid, home.start))
    )
    runtime.watch_with(watching)


def join_spawned(folder: str, root: int, rootdir: str | None) -> None:
    """Join in a process that was spawned, or forked by the fork server; called before all else there."""
    patching.install()
    expect_forks(folder, root, rootdir)
    children.call_in_children(_KEY, lambda: call_for(folder, root, rootdir))
    join(folder, root, rootdir, f"process {os.getpid()}", ready=False)


def call_for(folder: str, root: int, rootdir: str | None) -> children.Call:
    """Return the call that a spawned child makes to join."""
    return join_spawned, (folder, root, rootdir)


def expect_forks(folder: str, root: int, rootdir: str | None) -> None:
    """Have every forked child join from now on; what it spawns itself joins too."""

    def in_child() -> None:
        children.call_in_children(_KEY, lambda: call_for(folder, root, rootdir))
        join(folder, root, rootdir, "forked process", ready=True)
        if births.own is not None:
            parent = os.getppid()
            serial = births.own.serial if parent == root else 0
            word = descent.of_birth(births.own, (parent, procfs.start(parent)), serial)
            descent.write(Path(folder), word)

    children.after_fork[_KEY] = in_child


def expect_nobody() -> None:
    """Undo `expect_forks`."""
    children.after_fork.pop(_KEY, None)
