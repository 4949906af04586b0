"""Reads off the living threads who holds what and who waits for what, at this moment."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import locks, queues, runtime, watchdogs
from pytest_sensei.primitives.threads import strand_of
from pytest_sensei.watch import frames as running
from pytest_sensei.watch import imports
from pytest_sensei.watch.discipline import gives_back_itself
from pytest_sensei.watch.graph import OUTSIDE, Blocked, Situation
from pytest_sensei.watch.services import is_runner_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from pytest_sensei.primitives.runtime import Strand, Waiting


@dataclass(frozen=True, slots=True)
class Party:
    """A living thread at the moment of the look."""

    id: str
    ident: int
    thread: threading.Thread | None
    strand: Strand | None
    frame: FrameType
    wait: Waiting | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All parties, and the situation they form."""

    parties: dict[str, Party]
    situation: Situation
    only_natives: bool = False  # nobody but native threads could act from outside

    def if_natives_wait(self) -> Situation:
        """Return the situation as it is if native threads do nothing by themselves."""
        return Situation(self.situation.blocked, self.situation.active - {OUTSIDE})

    def blocked(self) -> dict[str, Blocked]:
        return {wait.actor: wait for wait in self.situation.blocked}


def read() -> Ledger:
    """Take the ledger of this process. Test runner's own threads take no part."""
    threads = {thread.ident: thread for thread in threading.enumerate()}
    parties = {}
    frames = running.current()
    frames[runtime.get_ident()] = _outside(sys._getframe(1))
    importing = imports.waits(frames)
    for ident, frame in frames.items():
        thread = threads.get(ident)
        if not is_runner_service(ident, thread, frame):
            strand = runtime.strands.get(ident)
            wait = importing.get(ident) or (strand.wait if strand is not None else None)
            parties[_id(ident)] = Party(_id(ident), ident, thread, strand, frame, wait)
    woken, natives = may_be_woken(), has_native_threads(len(running.current()))
    return Ledger(parties, situation(parties, outside=woken or natives), only_natives=natives and not woken)


def _outside(frame: FrameType) -> FrameType:
    """Return the frame that called the watch. Ours would know the ledger that knows them: a cycle.

    It would keep the objects of every waiting thread alive until the next garbage collection.
    """
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pytest_sensei.watch"):
        frame = frame.f_back
    return frame


def _id(ident: int) -> str:
    return f"t{ident}"


def situation(parties: dict[str, Party], *, outside: bool) -> Situation:
    """Return who waits, and who may act: from `outside`, too, though no thread of Python is running it now."""
    blocked = tuple(wait for party in parties.values() if (wait := _blocked(party, parties)) is not None)
    active = parties.keys() - {wait.actor for wait in blocked}
    return Situation(blocked, frozenset(active | {OUTSIDE} if outside else active))


def _blocked(party: Party, parties: dict[str, Party]) -> Blocked | None:
    """Return the wait of a party that has no limit and was not granted yet."""
    wait = party.wait
    if wait is None or wait.deadline is not None:
        return None
    resource = wait.resource
    if isinstance(resource, (locks.Lock, locks.RLock)):
        return _blocked_on_lock(party.id, resource, parties)
    if isinstance(resource, threading.Thread):
        return _blocked_on_thread(party.id, resource)
    if isinstance(resource, imports.Imported):
        owner = _id(resource.owner)
        return Blocked(
            party.id, _resource_id(resource), frozenset({owner}) if owner in parties else None, True
        )
    if isinstance(resource, queues.SimpleQueue):
        return None if resource.qsize() else Blocked(party.id, _resource_id(resource), None, False)
    return None


def _blocked_on_lock(actor: str, lock: locks.Lock | locks.RLock, parties: dict[str, Party]) -> Blocked | None:
    owner = lock._owner
    if owner is None:
        return None  # free, or just handed to somebody who has not run since
    name = _resource_id(lock)
    if isinstance(lock, locks.RLock) or _owner_gives_back(lock) or is_lost_at_fork(lock):
        wakers = frozenset() if owner.ended else frozenset({_id(owner.ident)})
        return Blocked(actor, name, wakers if owner.ended or _id(owner.ident) in parties else None, True)
    return Blocked(actor, name, None, False)


def have_tried_since(now: Ledger, actors: Iterable[str], moment: float) -> bool:
    """Tell whether all who wait for a simple queue have tried in vain since `moment`, on the monotonic clock.

    From 3.13 on, an item is handed to a waiter who has not run since, and the queue looks empty meanwhile
    (CPython, Modules/_queuemodule.c, maybe_handoff_item): only its own attempt tells that it got nothing.
    """
    waits = (now.parties[actor].wait for actor in actors)
    return all(
        wait.tried >= moment
        for wait in waits
        if wait is not None and isinstance(wait.resource, queues.SimpleQueue)
    )


def is_lost_at_fork(lock: locks.Lock | locks.RLock) -> bool:
    """Tell whether a lock was held at a fork by a thread that this process did not get a copy of."""
    owner, code = lock._owner, lock._code
    return (
        owner is not None and owner.lost_at_fork and code is not None and gives_back_itself(code, lock._lasti)
    )


def _owner_gives_back(lock: locks.Lock) -> bool:
    """Tell whether only the owner will release a plain lock, which anybody may."""
    owner, code = lock._owner, lock._code
    return owner is not None and not owner.ended and code is not None and gives_back_itself(code, lock._lasti)


def _blocked_on_thread(actor: str, thread: threading.Thread) -> Blocked | None:
    target = strand_of.get(thread)
    if target is None or target.ended:
        return None
    return Blocked(actor, _resource_id(thread), frozenset({_id(target.ident)}), True)


def _resource_id(resource: object) -> str:
    return f"r{id(resource):x}"


def may_be_woken() -> bool:
    """Tell whether somebody may act who is no thread of this process: a signal, or one that cannot be looked at."""
    return has_signal_handlers() or running.are_partial()


_HARMLESS_HANDLERS = ("pytest_timeout", "faulthandler", "_pytest", "signal", "asyncio", "coverage")
"""Modules whose handlers only interrupt the main thread: asyncio's cancels a task when the user wants to stop it all.

That of coverage saves its data and lets the process end.
"""


def has_signal_handlers() -> bool:
    """Tell whether a handler of the user's could run in the main thread and wake somebody."""
    return has_pending_alarm() or any(is_user_handler(signal.getsignal(number)) for number in _SIGNALS)


def has_pending_alarm() -> bool:
    """Tell whether a timer of the kernel's will interrupt this process, or end it; pytest-timeout's does not count."""
    if _getitimer is None or not _getitimer(signal.ITIMER_REAL)[0]:
        return False
    handler = signal.getsignal(signal.SIGALRM)
    if handler is signal.SIG_IGN:
        return False
    return _module_of(handler) != "pytest_timeout"


_getitimer = getattr(signal, "getitimer", None)
_SIGNALS = tuple(signal.valid_signals()) if hasattr(signal, "valid_signals") else ()


def is_user_handler(handler: object) -> bool:
    """Tell whether a handler is one that the user's code has installed, and that may do anything."""
    if not callable(handler) or handler is signal.default_int_handler or isinstance(handler, signal.Handlers):
        return False
    return _module_of(handler) not in _HARMLESS_HANDLERS or _wakes_a_loop(handler)


def _wakes_a_loop(handler: object) -> bool:
    """Tell whether a handler is what `loop.add_signal_handler` leaves: the loop will call the user's own."""
    return getattr(handler, "__name__", "") == "_sighandler_noop"


def _module_of(handler: object) -> str:
    """Return the name of the package that a handler is from."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    module = getattr(handler, "__module__", None) or ""
    return module.partition(".")[0]


def has_native_threads(known: int) -> bool:
    """Tell whether there are more threads than Python knows of: a native one may call back at any time."""
    count = count_native_threads()
    return count > known and count > known + len(watchdogs.living())


_TASKS = "/proc/self/task"
_stat, _listdir = os.stat, os.listdir  # a test may put others into `os` that know of no /proc


def _count_links() -> int:
    """Count without opening anything: a test that counts its descriptors may run meanwhile."""
    return _stat(_TASKS).st_nlink - 2


def _count_entries() -> int:
    return len(_listdir(_TASKS))


def _count_nothing() -> int:
    return 0  # no way to see them here: the ledger answers for Python's threads alone


def _counter() -> Callable[[], int]:
    if not Path(_TASKS).is_dir():
        return _count_nothing
    return _count_links if _count_links() == _count_entries() else _count_entries


count_native_threads: Callable[[], int] = _counter()
