"""Thread start, join and life, as seen by whoever watches or explores."""

from __future__ import annotations

import _thread
import contextvars
import functools
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import runtime

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from pytest_sensei.primitives.runtime import Strand

_start = threading.Thread.start
_join = threading.Thread.join
_is_alive = threading.Thread.is_alive
_bootstrap_inner = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

real_join = _join

# What a thread keeps its handle in: Python 3.13 has one, which 3.14 calls by another name; before, there is none.
_HANDLE = next(
    (name for name in ("_os_thread_handle", "_handle") if hasattr(threading.main_thread(), name)), ""
)


def pretend_running(thread: threading.Thread, ident: int) -> None:
    """Let a thread that somebody else's carries look as one that runs."""
    if _HANDLE:
        setattr(thread, _HANDLE, _thread._make_thread_handle(ident))  # type: ignore[attr-defined]


def pretend_ended(thread: Any) -> None:
    """Let a thread that somebody else's carries look as one that has ended."""
    if _HANDLE:
        getattr(thread, _HANDLE)._set_done()
    else:
        thread._is_stopped = True


def context_for(thread: threading.Thread) -> contextvars.Context:
    """Return the context that a thread is to run in, as its starter has it now (`Thread.start` of Python 3.14)."""
    given: contextvars.Context | None = getattr(thread, "_context", None)
    if given is not None:
        return given
    inherits = getattr(sys.flags, "thread_inherit_context", 0)
    return contextvars.copy_context() if inherits else contextvars.Context()


class Origin:
    """Where a thread was started, and by which strand."""

    __slots__ = ("code", "frames", "parent", "root", "serial")
    _count = 0

    def __init__(
        self, frames: tuple[tuple[CodeType, int], ...], parent: Strand, above: Origin | None
    ) -> None:
        self.frames = frames  # (code, instruction) of the callers of start, the nearest first
        self.parent = parent
        Origin._count += 1
        self.serial = Origin._count
        self.root: int = above.root if above is not None else self.serial  # of the first that led to it


origins: weakref.WeakKeyDictionary[threading.Thread, Origin] = weakref.WeakKeyDictionary()
strand_of: weakref.WeakKeyDictionary[threading.Thread, Strand] = weakref.WeakKeyDictionary()


def callers(depth: int, limit: int = 12) -> tuple[tuple[CodeType, int], ...]:
    """Return (code, instruction) of up to `limit` frames from `depth` above the caller: cheap, no lines."""
    frame = sys._getframe(depth + 1)
    found: list[tuple[CodeType, int]] = []
    while frame is not None and len(found) < limit:
        found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(found)


def start(self: threading.Thread) -> None:
    """Start the thread's activity; see `threading.Thread.start`."""
    if getattr(self, "_initialized", False):
        above = threading._active.get(_thread.get_ident())  # type: ignore[attr-defined]
        origins[self] = Origin(callers(1), runtime.current_strand(), origins.get(above) if above else None)
    exploring = runtime.exploring()
    if exploring is not None:
        exploring.start(self, lambda: _start(self))
        return
    _start(self)


def bootstrap_inner(self: threading.Thread) -> None:
    strand = runtime.begin_strand()
    strand_of[self] = strand
    origin = origins.get(self)
    if origin is not None and runtime.watcher is not None:
        runtime.watcher.passed_on(origin.parent, strand)
    invoke = self._invoke_excepthook  # type: ignore[attr-defined]
    self._invoke_excepthook = functools.partial(_failed, invoke)  # type: ignore[attr-defined]
    try:
        _bootstrap_inner(self)
    finally:
        runtime.end_strand(strand, self.name)


def _failed(invoke: Callable[[threading.Thread], None], thread: threading.Thread) -> None:
    """The thread dies of an exception: the watcher is told first, `threading.excepthook` then."""
    error = sys.exc_info()[1]
    observer = runtime.watcher
    if error is not None and observer is not None and observer.thread_failed(thread, error):
        return
    invoke(thread)


def is_alive(self: threading.Thread) -> bool:
    """Tell whether the thread is alive; see `threading.Thread.is_alive`."""
    exploring = runtime.explorer
    if exploring is not None:
        answer = exploring.is_alive(self)
        if answer is not None:
            return answer
    alive = _is_alive(self)
    if not alive:
        _take_from(self)
    return alive


def join(self: threading.Thread, timeout: float | None = None) -> None:
    """Wait until the thread ends; see `threading.Thread.join`."""
    exploring = runtime.exploring()
    if exploring is not None and self in origins and self is not threading.current_thread():
        exploring.join(self, timeout)
        return
    if not _joinable(self) or (timeout is not None and timeout <= 0):
        _join(self, timeout)  # answers at once, or raises as the real one does
    else:
        runtime.block(self, _attempt_for(self), timeout)
    _take_from(self)


def _take_from(thread: threading.Thread) -> None:
    """What a thread did that has ended happens before what is done by who knows of its end."""
    target = strand_of.get(thread)
    if target is not None and target.ended and runtime.watcher is not None:
        runtime.watcher.passed_on(target, runtime.current_strand())


def _joinable(thread: threading.Thread) -> bool:
    """Tell whether the real join would wait: a started thread, not the current one, still alive."""
    return bool(
        getattr(thread, "_initialized", False)
        and thread._started.is_set()  # type: ignore[attr-defined]
        and thread is not threading.current_thread()
        and _is_alive(thread)
    )


def _attempt_for(thread: Any) -> runtime.Attempt:
    """Return a bounded join that leaves the thread's state alone when an exception passes through.

    Before 3.13 an exception inside `Thread.join` marks a running thread as stopped; so on those we wait
    on the thread's own lock, without the code that marks (cpython/Lib/threading.py, `_wait_for_tstate_lock`).
    """
    if _HANDLE:
        return lambda seconds: _join_handle(thread, seconds)
    return lambda seconds: _join_tstate(thread, seconds)


def _join_handle(thread: Any, seconds: float) -> bool:
    getattr(thread, _HANDLE).join(None if seconds < 0 else seconds)
    return not _is_alive(thread)


def _join_tstate(thread: Any, seconds: float) -> bool:
    lock = thread._tstate_lock
    if lock is None:
        return True
    if not lock.acquire(True, seconds):
        return False
    lock.release()
    thread._stop()
    return True
