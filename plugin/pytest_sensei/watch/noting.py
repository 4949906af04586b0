"""Writes a process's note: its ledger, in terms that the other processes of the family understand."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import stat
import threading
from multiprocessing import process, queues
from typing import TYPE_CHECKING

from pytest_sensei.primitives import openings, semaphores, watchdogs
from pytest_sensei.primitives.pipes import Ends
from pytest_sensei.primitives.processes import ANY, Ending
from pytest_sensei.primitives.selecting import Selecting
from pytest_sensei.primitives.semaphores import Guard
from pytest_sensei.watch import frames, ledger, procfs
from pytest_sensei.watch.naming import named_values, type_of, user_frames
from pytest_sensei.watch.notes import (
    Gone,
    Need,
    Note,
    NotedEnd,
    NotedHold,
    NotedThread,
    NotedWait,
    Thing,
    Told,
    Want,
    actor_id,
)
from pytest_sensei.watch.places import (
    first_user_site,
    frames_outward,
    is_our_file,
    is_user_file,
    line_of,
    place_of,
    user_frame,
)
from pytest_sensei.watch.services import family_service
from pytest_sensei.watch.verdict import Describer, lock_of, owner_ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from pytest_sensei.diagnosis import Place
    from pytest_sensei.primitives.runtime import Waiting
    from pytest_sensei.watch.ledger import Ledger, Party

MOST = 500  # values looked at for names
DEPTH = 3  # frames told of a thread that runs no code of the user's


def write(now: Ledger, name: str, *, rich: bool, root: str | None) -> Note:
    """Turn the ledger of this process into its note."""
    return _Writer(now, name, root, rich=rich).note()


class _Writer:
    def __init__(self, now: Ledger, name: str, root: str | None, *, rich: bool) -> None:
        self._now = now
        self._name = name
        self._root = root
        self._rich = rich
        self._pid = os.getpid()
        self._blocked = now.blocked()
        self._describer = Describer(now, root) if rich else None

    def note(self) -> Note:
        threads = tuple(self._thread(party) for party in self._now.parties.values())
        ignored, unnamed = self._ignored()
        return Note(
            pid=self._pid,
            start=procfs.start(self._pid),
            name=self._name,
            threads=threads,
            ignored=ignored,
            unnamed=unnamed,
            handlers=ledger.may_be_woken(),
            ends=tuple(self._ends()) if self._rich else (),
            things=tuple(self._things()) if self._rich else (),
            rich=self._rich,
            serials=tuple(p.wait.serial if p.wait is not None else 0 for p in self._now.parties.values()),
        )

    def _ignored(self) -> tuple[tuple[int, ...], int]:
        """Return the threads that take no part: by their identifiers where known, and how many are not."""
        threads = {thread.ident: thread for thread in threading.enumerate()}
        known, unnamed = [], 0
        for ident in frames.current():  # who is missing there is looked at from outside
            thread = threads.get(ident)
            if thread is threading.main_thread():
                continue
            if thread is None or thread.native_id is None:
                unnamed += 1
            elif f"t{ident}" not in self._now.parties:
                known.append(thread.native_id)
        return (*known, *watchdogs.living()), unnamed

    # -- threads

    def _thread(self, party: Party) -> NotedThread:
        thread = party.thread
        wait = self._wait(party)
        rich = self._describer
        return NotedThread(
            id=actor_id(self._pid, party.id),
            tid=self._tid(party),
            name=thread.name if thread is not None else "a thread",
            wait=wait,
            place=self._place(party) if rich else None,
            holds=tuple(self._holds(party)) if rich else (),
            stack=tuple(self._stack(party)) if rich else (),
        )

    def _tid(self, party: Party) -> int:
        if party.thread is threading.main_thread():
            return self._pid
        return (party.thread.native_id or 0) if party.thread is not None else 0

    def _place(self, party: Party) -> Place | None:
        frame = user_frame(party.frame)
        return place_of(frame.f_code, frame.f_lineno or 0, self._root) if frame is not None else None

    def _stack(self, party: Party) -> Iterator[Place]:
        """Yield the lines of the user's code that a thread is in, the innermost first; else where it is at all."""
        frames = user_frames(party.frame)
        if not frames:
            frames = list(itertools.islice(_frames_not_ours(party), DEPTH))
        for frame in frames:
            yield place_of(frame.f_code, frame.f_lineno or 0, self._root)

    def _wait(self, party: Party) -> NotedWait | None:
        service = family_service(party.frame)
        if service is not None:
            return NotedWait(0, 0.0, 0.0, (Need(Want(service)),))
        wait = party.wait
        if wait is None or wait.deadline is not None:
            return None
        needs = self._needs(party, wait)
        if not needs:
            return None
        told = self._told(party) if self._describer is not None else None
        return NotedWait(wait.serial, wait.since, wait.tried, needs, told)

    def _needs(self, party: Party, wait: Waiting) -> tuple[Need, ...]:
        resource = wait.resource
        if isinstance(resource, Guard):
            return self._needs_semaphore(resource, is_lock=resource.is_lock and not _counts_items(party))
        if isinstance(resource, Ends):
            return _needs_of_ends(resource)
        if isinstance(resource, Selecting):
            return _needs_of_ends(resource.ends())
        if isinstance(resource, Ending):
            return self._needs_end(resource.pid)
        local = self._blocked.get(party.id)
        if local is None:
            return ()
        wakers = local.wakers
        if wakers is not None:
            wakers = frozenset(actor_id(self._pid, waker) for waker in wakers)
        return (Need(Want.THREADS, wakers=wakers, binding=local.binding),)

    def _needs_end(self, pid: int) -> tuple[Need, ...]:
        pids = procfs.children(self._pid) if pid == ANY else (pid,)
        return tuple(Need(Want.PROCESS, each) for each in pids)

    def _needs_semaphore(self, guard: Guard, *, is_lock: bool) -> tuple[Need, ...]:
        if not guard.raw._is_zero():
            return ()  # granted: the waiter has only not run since
        return (
            Need(
                Want.SEMAPHORE,
                guard.key,
                lock=is_lock,
                owned=guard.recursive,
                inode=self._inode_of(guard),
            ),
        )

    def _inode_of(self, guard: Guard) -> int:
        if not guard.inode:
            guard.inode = (procfs.semaphores(self._pid) or {}).get(guard.raw.handle & ~0xFFF, 0)
        return guard.inode

    # -- in words

    def _told(self, party: Party) -> Told:
        assert self._describer is not None
        assert party.wait is not None
        wait = self._describer.wait(party)
        resource = self._describer.resources[wait.resource]
        thing = Thing(
            _thing_id(party.wait.resource) or f"{self._pid}{resource.id}",
            resource.type,
            resource.name,
            resource.created,
            resource.state,
        )
        return Told(thing, self._describer.methods.get(party.id, ""), wait.place, self._gone(party))

    def _gone(self, party: Party) -> Gone | None:
        """Return who ended with the lock in its hands."""
        assert self._describer is not None
        if not owner_ended(party):
            return None
        lock = lock_of(party)
        owner = lock._owner if lock is not None else None
        if owner is None:
            return None
        return Gone(owner.name or "a thread", self._describer.taken_at(lock), owner.lost_at_fork, owner.ident)

    def _holds(self, party: Party) -> Iterator[NotedHold]:
        assert self._describer is not None
        for guard in list(semaphores.guards):
            if (
                guard.count > 0
                and not _is_inner_signal(guard)
                and guard.owner is not None
                and guard.owner is party.strand
            ):
                thing, place = self._describer.held(guard, party)
                yield NotedHold(Thing(f"s{guard.key}", thing.type, thing.name, thing.created), place)
        for lock in party.strand or ():
            thing, place = self._describer.held(lock, party)
            yield NotedHold(
                Thing(f"{self._pid}{thing.id}", thing.type, thing.name, thing.created, thing.state), place
            )

    def _things(self) -> Iterator[Thing]:
        """Yield the shared locks that the frames of this process have names for."""
        found = (
            pair for party in self._now.parties.values() for pair in named_values(user_frames(party.frame))
        )
        for name, value in itertools.islice(found, MOST):
            for guard in _guards_in(value):
                yield Thing(f"s{guard.key}", type_of(value), name)

    def _ends(self) -> Iterator[NotedEnd]:
        for fd, type_, mode, made in openings.open_ends():
            site, file = first_user_site(made), openings.identity_of(fd)
            if site is None or file is None or (type_ == "pipe" and site != made[0]):
                continue
            place = place_of(site[0], line_of(*site), self._root)
            thing = Thing(f"i{file[1]}", type_, "", place)
            yield NotedEnd(file[1], thing, "r" in mode, "w" in mode)


def _is_inner_signal(guard: Guard) -> bool:
    """Tell whether a condition or queue took a semaphore to count something: that is not a hold."""
    code = guard.code
    return not guard.is_lock and code is not None and not is_user_file(code.co_filename)


def _counts_items(party: Party) -> bool:
    """Tell whether a party waits for room in a queue: a queue of one item has a semaphore like a lock's for that."""
    innermost = next(_frames_not_ours(party), None)
    return innermost is not None and innermost.f_code in _PUTS


def _frames_not_ours(party: Party) -> Iterator[FrameType]:
    return (frame for frame in frames_outward(party.frame) if not is_our_file(frame.f_code.co_filename))


_PUTS = (queues.Queue.put.__code__, queues.JoinableQueue.put.__code__)


def _guards_in(value: object) -> Iterator[Guard]:
    """Yield the semaphores that a lock, condition, event, barrier or queue between processes is made of."""
    guard = getattr(value, "_guard", None)
    if isinstance(guard, Guard):
        yield guard
    elif type(value).__module__.startswith("multiprocessing."):
        for part in vars(value).values() if hasattr(value, "__dict__") else ():
            if type(part).__module__ == "multiprocessing.synchronize":
                yield from _guards_in(part)


def _thing_id(resource: object) -> str:
    if isinstance(resource, Guard):
        return f"s{resource.key}"
    if isinstance(resource, Ends):
        fds = (*resource.reading, *resource.writing)
        found = openings.identity_of(fds[0]) if len(fds) == 1 else None  # another thread may have closed it
        return f"i{found[1]}" if found is not None else ""
    if isinstance(resource, Ending):
        return f"p{resource.pid}"
    return ""


def _needs_of_ends(ends: Ends) -> tuple[Need, ...]:
    """Return what would end a wait on descriptors; nothing where one of them is of another kind."""
    endings = _endings()
    try:
        needs = [endings.get(fd) or _need_of(fd, Want.READ) for fd in ends.reading]
        needs += [_need_of(fd, Want.WRITE) for fd in ends.writing]
    except OSError:
        return ()
    return tuple(need for need in needs if need is not None) if None not in needs else ()


def _endings() -> dict[int, Need]:
    """Return the descriptors that tell the ends of processes, where the other end does not show whose it is.

    A child of the fork server has none: the server itself sends the exit code when the child has ended.
    """
    children = [child._popen for child in list(process._children)]  # type: ignore[attr-defined]
    return {
        popen.sentinel: Need(Want.PROCESS, popen.pid)
        for popen in children
        if getattr(popen, "method", "") == "forkserver"
    }


def _need_of(fd: int, want: Want) -> Need | None:
    status = os.fstat(fd)
    if stat.S_ISFIFO(status.st_mode):
        return Need(want, status.st_ino, "pipe")
    if stat.S_ISSOCK(status.st_mode):
        return Need(want, status.st_ino, "socket")
    pid = procfs.awaited_by(fd)
    return Need(Want.PROCESS, pid) if pid else None


def process_name() -> str:
    """Return what the process is called in the user's code."""
    return multiprocessing.current_process().name
