"""Threads that outlive their test: found with patience, described, and ended where that is possible."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
import weakref
from concurrent.futures import thread as futures_thread
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, some
from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.threads import Origin, origins, real_join, strand_of
from pytest_sensei.watch import frames as running
from pytest_sensei.watch import graph, ledger
from pytest_sensei.watch.lost import started
from pytest_sensei.watch.naming import type_of, waited_object
from pytest_sensei.watch.patience import FIRST_PAUSE, LONGEST_PAUSE
from pytest_sensei.watch.places import place_of, user_frame
from pytest_sensei.watch.services import is_known_service

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

    from pytest_sensei.primitives.runtime import Strand

PROMPT = 0.002  # seconds; who is there after longer pauses was not just about to end
SECOND_LOOK = 0.005  # seconds between the looks that tell whether threads are stuck, at least
REPEATS = 50  # waits in which a thread that catches its end is told of it once more


class Ended(SystemExit):
    """Raised in a thread that outlived its test, to end it; `threading` takes it for a quiet exit."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The threads that run at one moment."""

    threads: frozenset[threading.Thread]

    @classmethod
    def now(cls) -> Alive:
        """Look who is alive, whatever a damaged `is_alive` says: the interpreter's frames tell."""
        idents = running.idents()
        return cls(frozenset(t for t in threading.enumerate() if t.ident in idents or t.ident is None))


def outliving(before: Collection[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that run now, did not before, and do not run on by design."""
    frames = running.current()
    idents = running.idents() if running.are_partial() else frames.keys()
    del frames[runtime.get_ident()]  # it would know itself: a cycle that keeps every thread's objects alive
    me = threading.current_thread()
    found = [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and thread is not me
        and not isinstance(thread, threading._DummyThread)
        and thread.ident in idents
        and not is_known_service(thread, frames.get(thread.ident or 0))
    ]
    return sorted(found, key=_serial)


def _serial(thread: threading.Thread) -> int:
    origin = origins.get(thread)
    return origin.serial if origin is not None else 0


class Stuck:
    """Tells of threads that nothing can end any more now that the test is over: waiting on is no use then.

    All of them wait without limit, and nobody could wake one but the main thread, which has left the test.
    Like any verdict, it takes two looks with no progress between.
    """

    def __init__(self) -> None:
        self._seen: frozenset[int] = frozenset()
        self._since = 0.0

    def __call__(self, threads: Collection[threading.Thread]) -> bool:
        """Look once; tell whether this look and an earlier one saw the same."""
        now = ledger.read()
        waits = stuck_waits(now, {thread.ident or 0 for thread in threads})
        if waits != self._seen:
            self._seen, self._since = waits, runtime.monotonic()
            return False
        return bool(waits) and ledger.have_tried_since(now, now.blocked(), self._since)


def stuck_waits(now: ledger.Ledger, idents: Collection[int]) -> frozenset[int]:
    """Return the waits of some threads, were the main thread never to act again; nothing if one could end."""
    main = {party.id for party in now.parties.values() if party.thread is threading.main_thread()}
    blocked = tuple(
        replace(wait, wakers=wait.wakers - main) if wait.wakers is not None else wait
        for wait in now.situation.blocked
    )
    members = graph.knot(graph.Situation(blocked, now.situation.active - main))
    waits = {now.parties[actor].ident: now.parties[actor].wait for actor in members}
    if not waits.keys() >= set(idents):
        return frozenset()
    return frozenset(wait.serial for ident in idents if (wait := waits[ident]) is not None)


def wait_until_gone(
    find: Callable[[], list[threading.Thread]],
    grace: float,
    are_stuck: Callable[[Collection[threading.Thread]], bool] = lambda _: False,
) -> list[threading.Thread]:
    """Look again and again, in growing pauses, for at most `grace` seconds; return who is still there.

    Stops early when those who are there can be told to stay for ever.
    """
    deadline, pause, collected = time.monotonic() + grace, FIRST_PAUSE, False
    while found := find():
        late = time.monotonic() >= deadline
        if not collected and (late or pause > PROMPT):
            gc.collect()  # an executor or a pool that nobody holds any more ends its threads when it is collected
            collected = True
            continue
        if late or (pause > SECOND_LOOK and are_stuck(found)):
            break
        runtime.real_sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return found


def owner_of(thread: threading.Thread) -> Origin | None:
    """Return how a thread came to be."""
    return origins.get(thread)


def diagnose(thread: threading.Thread, root: str | None) -> Diagnosis:
    """Explain a thread that still runs after its test."""
    frame = running.current().get(thread.ident or 0)
    user = user_frame(frame)
    here = place_of(user.f_code, user.f_lineno or 0, root) if user is not None else None
    began = started(thread, root)
    strand = strand_of.get(thread)
    state = "waiting" if strand is not None and strand.wait is not None else "running"
    return Diagnosis(
        kind=Kind.LEAKED_THREAD,
        summary=f"{thread.name} is still running after the test",
        actors=(Actor("a1", "MainProcess", os.getpid(), thread.name, state, here),),
        culprits=tuple(place for place in (began, here) if place is not None),
        details=(
            *_waits_for(strand, frame, user),
            *(("daemon thread",) if thread.daemon else ()),
        ),
    )


def _waits_for(strand: Strand | None, frame: FrameType | None, user: FrameType | None) -> Iterator[str]:
    """Say what a thread waits for that runs no code of the user's: `Thread(target=inbox.get)`."""
    wait = strand.wait if strand is not None else None
    if wait is not None and frame is not None and user is None:
        target, method = waited_object(frame, wait.resource)
        name = type_of(target)
        call = f" in {method}()" if method and not method.startswith("_") else ""
        yield f"it waits for {some(name)}{call}"


def end(threads: Collection[threading.Thread], patience: float) -> list[threading.Thread]:
    """End threads that nobody joins: in their waits at once, in running code at the next bytecode.

    Returns those that could not be reached within `patience` seconds: they sit in a call of a C library.
    """
    running_on = []
    for thread in threads:
        strand = strand_of.get(thread)
        if strand is not None and not strand.ended:
            strand.doomed = True
            strand.repeats = REPEATS
            strand.pending = Ended()
            if strand.wait is None:
                running_on.append((thread, strand))

    def still_there() -> list[threading.Thread]:
        for each in [each for each in running_on if not each[1].undivided]:
            running_on.remove(each)
            _raise_in(each[0], Ended)
        return [thread for thread in threads if thread.ident in running.idents()]

    ids = {thread.ident for thread in threads}
    left = wait_until_gone(still_there, patience)
    return [thread for thread in left if thread.ident in ids]


def _raise_in(thread: threading.Thread, error: type[BaseException]) -> None:
    """Have an exception raised in a running thread (PyThreadState_SetAsyncExc)."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(error))


_excused: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def do_not_wait_at_exit(thread: threading.Thread) -> None:
    """Let the interpreter end without joining a thread that cannot be ended."""
    futures_thread._threads_queues.pop(thread, None)  # type: ignore[attr-defined]
    if thread.daemon:
        return
    if hasattr(threading, "_thread_shutdown"):
        _excused.add(thread)
        threading._thread_shutdown = _join_the_others
    else:
        locks = threading._shutdown_locks  # type: ignore[attr-defined]
        locks.discard(thread._tstate_lock)  # type: ignore[attr-defined]


def _join_the_others() -> None:
    """Wait for all threads but daemons and the excused.

    In place of `_thread._shutdown` (CPython 3.13, Modules/_threadmodule.c), which lets nobody be taken off its list.
    """
    me = threading.current_thread()
    while others := [t for t in threading.enumerate() if t is not me and not t.daemon and t not in _excused]:
        real_join(others[0])
