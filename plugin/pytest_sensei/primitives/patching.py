"""Puts our primitives behind the standard library's names, and takes them away again."""

from __future__ import annotations

import faulthandler
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures import process as futures_process
from contextlib import contextmanager
from multiprocessing import (
    connection,
    forkserver,
    pool,
    popen_fork,
    process,
    resource_tracker,
    shared_memory,
    synchronize,
)
from multiprocessing import queues as process_queues
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import (
    births,
    children,
    clock,
    handovers,
    locks,
    memory,
    openings,
    outcomes,
    pipes,
    pools,
    processes,
    queues,
    rlocks,
    runtime,
    selecting,
    semaphores,
    streams,
    threads,
    tracker,
    watchdogs,
)
from pytest_sensei.primitives.patches import Patch, Patches
from pytest_sensei.primitives.standins import stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pytest_sensei.primitives.runtime import Strand


def _builtin(owner: ModuleType, name: str, ours: Any) -> Patch:
    return Patch(owner, name, stand_in(owner, name, ours))


_POSIX = (
    Patch(connection._ConnectionBase, "__init__", pipes.init),
    Patch(connection._ConnectionBase, "__del__", openings.collect_connection),
    Patch(connection.Connection, "_recv", pipes.recv),
    Patch(connection.Connection, "_send", pipes.send),
    Patch(connection, "wait", pipes.wait),
    _builtin(os, "read", pipes.read),
    _builtin(os, "write", pipes.write),
    Patch(pool, "wait", pipes.wait),  # it imports the function, not the module
    Patch(forkserver.ForkServer, "ensure_running", children.ensure_fork_server_runs),
    Patch(popen_fork.Popen, "wait", processes.wait),
    *(
        (
            _builtin(os, "waitpid", processes.waitpid),
            _builtin(os, "wait", processes.wait_for_any),
        )
        if hasattr(os, "waitid")
        else ()  # macOS before Python 3.13
    ),
    Patch(resource_tracker.ResourceTracker, "ensure_running", tracker.ensure_running),
    Patch(subprocess.Popen, "_wait", processes.wait_for_program),
    Patch(subprocess, "io", streams.SubprocessIO()),
    Patch(os, "fdopen", streams.fdopen),
)

_SELECTORS = tuple(
    Patch(cls, "select", selecting.waiting_in_slices(vars(cls)["select"]))
    for name, cls in vars(selectors).items()
    if isinstance(cls, type) and cls.__name__ == name != "BaseSelector" and "select" in vars(cls)
)

_MADE_BY_MANAGERS = (Patch(threading, "Lock", locks.Lock), Patch(threading, "RLock", locks.RLock))

PATCHES = (
    *_MADE_BY_MANAGERS,
    Patch(threading, "_allocate_lock", locks.Latch),
    Patch(threading.Thread, "start", threads.start),
    Patch(threading.Thread, "join", threads.join),
    Patch(threading.Thread, "is_alive", threads.is_alive),
    Patch(threading.Thread, "_bootstrap_inner", threads.bootstrap_inner),
    Patch(queue, "SimpleQueue", queues.SimpleQueue),
    _builtin(time, "sleep", clock.sleep),
    Patch(synchronize.SemLock, "_make_methods", semaphores.make_methods),
    Patch(synchronize.SemLock, "__enter__", semaphores.__enter__),
    Patch(synchronize.SemLock, "__exit__", semaphores.__exit__),
    Patch(process.BaseProcess, "start", processes.start),
    Patch(process.BaseProcess, "_bootstrap", processes.bootstrap),
    Patch(process.BaseProcess, "exitcode", property(processes.exitcode)),
    _builtin(os, "pipe", openings.pipe),
    _builtin(faulthandler, "dump_traceback_later", watchdogs.dump_traceback_later),
    Patch(shared_memory.SharedMemory, "__init__", memory.init),
    Patch(shared_memory.SharedMemory, "__del__", memory.__del__),
    Patch(shared_memory.SharedMemory, "close", memory.close),
    Patch(shared_memory.SharedMemory, "unlink", memory.unlink),
    Patch(connection._ConnectionBase, "close", openings.close_connection),
    Patch(connection.Listener, "__init__", openings.init_listener),
    Patch(connection.Listener, "close", openings.close_listener),
    Patch(process_queues.Queue, "__init__", openings.init_queue),
    Patch(process_queues.Queue, "close", openings.close_queue),
    Patch(process_queues.SimpleQueue, "__init__", openings.init_simple_queue),
    Patch(process_queues.SimpleQueue, "close", openings.close_simple_queue),
    Patch(subprocess.Popen, "_execute_child", births.execute_child),
    Patch(pool.Pool, "__init__", pools.init),
    Patch(pool.Pool, "join", pools.join),
    Patch(pool.Pool, "_terminate_pool", pools.terminate),
    Patch(futures_process.ProcessPoolExecutor, "__init__", pools.init_executor),
    Patch(Future, "set_exception", outcomes.set_exception),
    Patch(Future, "result", outcomes.result),
    Patch(Future, "exception", outcomes.exception),
    Patch(pool.ApplyResult, "__init__", outcomes.init_result),
    Patch(pool.ApplyResult, "_set", outcomes.set_result),
    Patch(pool.ApplyResult, "get", outcomes.get),
    Patch(pool.ApplyResult, "successful", outcomes.successful),
    Patch(pool.MapResult, "_set", outcomes.set_results),
    Patch(pool.IMapIterator, "__init__", outcomes.init_iterator),
    Patch(pool.IMapIterator, "_set", outcomes.set_item),
    Patch(pool.IMapIterator, "next", outcomes.next_item),
    Patch(pool.IMapIterator, "__next__", outcomes.next_item),
    Patch(pool.IMapUnorderedIterator, "_set", outcomes.set_any_item),
    *_SELECTORS,
    *(_POSIX if sys.platform != "win32" else ()),
)

_in_place = Patches()
_depth = 0


def install() -> None:
    """Put our primitives in place. Calls nest: as many `uninstall`s take them away."""
    global _depth  # noqa: PLW0603
    _depth += 1
    if _depth > 1:
        return
    _in_place.apply(PATCHES)
    _tell_managers([(original, patch.ours) for patch, original in _for_managers()])
    children.hook_forks()


def uninstall() -> None:
    """Put the standard library's own back in place."""
    global _depth  # noqa: PLW0603
    _depth -= 1
    if _depth:
        return
    _tell_managers([(patch.ours, original) for patch, original in _for_managers()])
    _in_place.revert()


def _for_managers() -> list[tuple[Patch, Any]]:
    return [(patch, original) for patch, original in _in_place.originals if patch in _MADE_BY_MANAGERS]


def _tell_managers(replaced: list[tuple[Any, Any]]) -> None:
    """Have managers that were imported before make the locks that `threading` names now.

    A manager sends what it makes to its server by name, and pickle insists that the name leads back to it.
    """
    managers = sys.modules.get("multiprocessing.managers")
    pending = [managers.BaseManager] if managers is not None else []
    while pending:
        manager = pending.pop()
        pending += manager.__subclasses__()
        registry = vars(manager).get("_registry", {})
        for typeid, entry in list(registry.items()):
            for before, after in replaced:
                if entry[0] is before:
                    registry[typeid] = (after, *entry[1:])


def installed() -> bool:
    """Tell whether our primitives are in place."""
    return _depth > 0


@contextmanager
def installation() -> Iterator[None]:
    """Have our primitives in place for a block."""
    install()
    try:
        yield
    finally:
        uninstall()


_holders: dict[Strand, str] = {}


def _before_fork() -> None:
    """Remember the threads that hold locks, and their names: the child will have no such threads."""
    _holders.clear()
    for strand in list(runtime.strands.values()):
        if strand.only is not None:
            thread = threading._active.get(strand.ident)  # type: ignore[attr-defined]
            _holders[strand] = thread.name if thread is not None else "a thread"


def _after_fork() -> None:
    """In a forked child only the forking thread lives on."""
    runtime.watch_with(None)
    runtime.explore_with(None)
    handovers.listen_with(None)
    mine = runtime.current_strand()
    for strand in list(runtime.strands.values()):
        if strand is not mine:
            runtime.end_strand(strand)
    for strand, name in _holders.items():
        if strand is not mine:
            strand.lost_at_fork = True
            strand.name = name
    _holders.clear()
    mine.wait = None
    mine.repeats = mine.undivided = 0
    mine.pending = mine.afterwards = None  # what the parent's thread was to be told is not for the child
    mine.doomed = False
    semaphores.forget_holds()
    openings.keep_dropped(False)
    memory.forget()


def _leave_behind(_process: str) -> None:
    """What the forking thread itself held stays locked in a child of multiprocessing: nothing ever goes back there.

    Not so an `RLock`, which that thread may take again.
    """
    mine = runtime.current_strand()
    held = [lock for lock in mine if isinstance(lock, locks.Lock)]
    if held:
        lost = runtime.Strand(mine.ident)
        lost.ended = lost.lost_at_fork = True
        lost.name = threading.current_thread().name
        for lock in held:
            mine.forget(lock)
            lock._owner = lost


children.before_fork["primitives"] = _before_fork
children.after_fork["primitives"] = _after_fork
children.at_bootstrap["primitives"] = _leave_behind

# What goes wrong in one of our functions is the caller's: pytest leaves out the frames of modules that ask for it.
for _module in (
    *(births, clock, handovers, locks, memory, openings, outcomes, pipes, pools),
    *(processes, queues, rlocks, runtime, selecting, semaphores, streams, threads, tracker, watchdogs),
):
    vars(_module)["__tracebackhide__"] = True
