"""Pools and process executors: where each was made, and what became of it."""

from __future__ import annotations

import functools
import threading
import weakref
from concurrent.futures import process as futures_process
from multiprocessing import pool
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_sensei.primitives import births, children
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from types import CodeType

_init = pool.Pool.__init__
_join = pool.Pool.join
_terminate = pool.Pool._terminate_pool.__func__  # type: ignore[attr-defined]
_init_executor = futures_process.ProcessPoolExecutor.__init__


class Made(NamedTuple):
    """Where and when a pool was made."""

    serial: int
    frames: tuple[tuple[CodeType, int], ...]


class Dropped(NamedTuple):
    """A pool that was collected while it was running: the interpreter warns of it, too."""

    made: Made
    type: str
    workers: int
    pids: frozenset[int]
    threads: frozenset[threading.Thread]
    enders: list[threading.Thread]  # who ends it in the place of one of its own threads


living: weakref.WeakSet[Any] = weakref.WeakSet()
"""The living pools and process executors that this process has made."""

joined: weakref.WeakSet[Any] = weakref.WeakSet()
"""The pools that somebody has joined."""

dropped: list[Dropped] = []
_watched: set[weakref.ref[Any]] = set()


def workers_of(each: Any) -> list[Any]:
    """Return the processes (or, of a ThreadPool, threads) of a pool or executor."""
    found = each._processes if isinstance(each, futures_process.ProcessPoolExecutor) else each._pool
    return list(found.values()) if isinstance(found, dict) else list(found or ())


def pids_of(each: Any) -> frozenset[int]:
    """Return the process identifiers of the workers of a pool or executor."""
    pids = (getattr(worker, "pid", None) for worker in workers_of(each))
    return frozenset(pid for pid in pids if pid is not None)


def threads_of(each: Any) -> frozenset[threading.Thread]:
    """Return the threads that a pool or executor consists of."""
    names = ("_executor_manager_thread", "_worker_handler", "_task_handler", "_result_handler")
    mine = {getattr(each, name, None) for name in names} | set(workers_of(each))
    return frozenset(thread for thread in mine if isinstance(thread, threading.Thread))


def _enter(made: Any, frames: tuple[tuple[CodeType, int], ...]) -> None:
    made._made_in = Made(births.next_serial(), frames)  # with it, and not beside: its end may need to know
    living.add(made)


def _watch(each: Any) -> None:
    """Notice when a pool is collected while it runs: before it begins to end, in whatever thread that may be."""
    made, kind, workers, threads = each._made_in, type(each).__name__, each._pool, threads_of(each)
    handler = each._worker_handler

    def gone(reference: weakref.ref[Any]) -> None:
        _watched.discard(reference)
        if handler._state == pool.RUN:
            now = list(workers)
            pids = frozenset(pid for worker in now if (pid := getattr(worker, "pid", None)) is not None)
            mine = threads.union(worker for worker in now if isinstance(worker, threading.Thread))
            dropped.append(Dropped(made, kind, len(now), pids, mine, []))

    _watched.add(weakref.ref(each, gone))


def made_in(each: Any) -> Made:
    """Return where and when a living pool was made."""
    found: Made = each._made_in
    return found


@functools.wraps(_init)
def init(self: Any, *arguments: Any, **options: Any) -> None:
    _init(self, *arguments, **options)
    _enter(self, callers(1))
    _watch(self)


@functools.wraps(_init_executor)
def init_executor(self: Any, *arguments: Any, **options: Any) -> None:
    _init_executor(self, *arguments, **options)
    _enter(self, callers(1))


@functools.wraps(_join)
def join(self: Any) -> None:
    _join(self)
    joined.add(self)


@classmethod  # type: ignore[misc]
@functools.wraps(_terminate)
def terminate(cls: type[pool.Pool], *arguments: Any) -> None:
    """End a pool, as its finalizer does.

    The garbage collector may have come upon it on one of the pool's own threads. There it would wait for ever: for
    workers that are sent home by that very thread.
    """
    mine = threading.current_thread()
    if not any(each is mine for each in arguments):
        _terminate(cls, *arguments)
        return
    instead = threading.Thread(target=_terminate, args=(cls, *arguments), daemon=True)
    for each in dropped:
        if mine in each.threads:
            each.enders.append(instead)
    instead.start()


def _after_fork() -> None:
    """A forked child's copies of pools are not its own."""
    living.clear()
    dropped.clear()
    _watched.clear()


children.after_fork["pools"] = _after_fork
