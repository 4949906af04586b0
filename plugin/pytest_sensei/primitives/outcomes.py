"""Exceptions of jobs given to pools and executors: kept in mind until somebody asks for the result."""

from __future__ import annotations

import _queue
import functools
import sys
import threading
import weakref
from concurrent.futures import Future
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import children, runtime
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from types import CodeType

_set_exception = Future.set_exception
_result = Future.result
_exception = Future.exception
_apply_init = pool.ApplyResult.__init__
_apply_set = pool.ApplyResult._set  # type: ignore[attr-defined]
_map_set = pool.MapResult._set  # type: ignore[attr-defined]
_get = pool.ApplyResult.get
_successful = pool.ApplyResult.successful
_imap_init = pool.IMapIterator.__init__
_imap_set = pool.IMapIterator._set  # type: ignore[attr-defined]
_imap_unordered_set = pool.IMapUnorderedIterator._set  # type: ignore[attr-defined]
_next = pool.IMapIterator.next

_DEPTH = 6  # call sites that are kept


class Failure:
    """A job has raised. It keeps neither the exception nor the result alive."""

    __slots__ = ("frames", "group", "result", "sites", "strand", "taken", "text", "workers")

    def __init__(self, result: Any, error: BaseException, group: object) -> None:
        self.result = weakref.ref(result)
        self.text = text_of(error)
        self.sites = sites_of(error)  # (file, function, line), the innermost last
        self.frames: tuple[tuple[CodeType, int], ...] = getattr(result, "_given_at", ())
        self.group = group  # who worked on it: the failures of one pool keep each other company
        self.strand = runtime.current_strand()  # of the pool's thread that brought it
        self.taken = False  # somebody has been told
        # The processes of the executor that the current thread manages: none knows better how they ended.
        self.workers = tuple(getattr(threading.current_thread(), "processes", None) or ())


failures: list[Failure] = []


def text_of(error: BaseException) -> str:
    """Return an exception as the last line of a traceback has it, on one line."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def sites_of(error: BaseException) -> tuple[tuple[str, str, int], ...]:
    """Return the lines of an exception's traceback; of one from another process, as that process told them."""
    remote = str(getattr(error.__cause__, "tb", ""))
    found = [] if not remote else [_parsed(line) for line in remote.splitlines() if _is_frame(line)]
    trace = error.__traceback__ if not remote else None
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append((code.co_filename, code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(found)


def _is_frame(line: str) -> bool:
    return line.startswith('  File "') and ", line " in line


def _parsed(line: str) -> tuple[str, str, int]:
    """Read `  File "jobs.py", line 4, in mean`."""
    name, _, rest = line.removeprefix('  File "').rpartition('", line ')
    number, _, function = rest.partition(", in ")
    return name, function, int(number)


def _failed(result: Any, error: BaseException, group: object, *, taken: bool = False) -> None:
    if runtime.explorer is not None or _is_ours(error):
        return  # every interleaving would tell it anew; what a verdict raises, it has told itself
    failure = result._failure = Failure(result, error, group)
    failure.taken = taken
    failures.append(failure)


def _is_ours(error: BaseException) -> bool:
    """Tell whether it was we who broke off the job, in whatever process."""
    return type(error).__module__.partition(".")[0] == __name__.partition(".")[0]


def _was_taken(result: Any) -> None:
    failure: Failure | None = getattr(result, "_failure", None)
    if failure is not None:
        failure.taken = True


# -- futures


@functools.wraps(_set_exception)
def set_exception(self: Any, exception: BaseException | None) -> None:
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if exception is not None and caller.startswith("concurrent.futures."):
        _failed(self, exception, _worker())
    _set_exception(self, exception)


def _worker() -> int:
    """Return what tells one executor from another: its queue of work, or its managing thread."""
    thread = threading.current_thread()
    arguments = getattr(thread, "_args", ())
    return id(next((each for each in arguments if isinstance(each, _queue.SimpleQueue)), thread))


@functools.wraps(_result)
def result(self: Any, timeout: float | None = None) -> Any:
    __tracebackhide__ = True
    try:
        return _result(self, timeout)
    except BaseException:
        _was_taken(self)
        raise


@functools.wraps(_exception)
def exception(self: Any, timeout: float | None = None) -> BaseException | None:
    error = _exception(self, timeout)
    if error is not None:
        _was_taken(self)
    return error


# -- results of pools


@functools.wraps(_apply_init)
def init_result(self: Any, *arguments: Any, **options: Any) -> None:
    self._given_at = callers(1, _DEPTH)
    _apply_init(self, *arguments, **options)


@functools.wraps(_imap_init)
def init_iterator(self: Any, *arguments: Any, **options: Any) -> None:
    self._given_at = callers(1, _DEPTH)
    _imap_init(self, *arguments, **options)


def _heard(self: Any, outcome: Any) -> None:
    """A pool's thread brings a result: take down a failure before anybody can ask for it."""
    success, value = outcome
    if not success and not hasattr(self, "_failure") and isinstance(value, BaseException):
        made = getattr(self._pool, "_made_in", None)
        told = getattr(self, "_error_callback", None) is not None
        _failed(self, value, made.serial if made is not None else id(self._pool), taken=told)


@functools.wraps(_apply_set)
def set_result(self: Any, i: int, obj: Any) -> None:
    _heard(self, obj)
    _apply_set(self, i, obj)


@functools.wraps(_map_set)
def set_results(self: Any, i: int, success_result: Any) -> None:
    _heard(self, success_result)
    _map_set(self, i, success_result)


@functools.wraps(_imap_set)
def set_item(self: Any, i: int, obj: Any) -> None:
    _heard(self, obj)
    _imap_set(self, i, obj)


@functools.wraps(_imap_unordered_set)
def set_any_item(self: Any, i: int, obj: Any) -> None:
    _heard(self, obj)
    _imap_unordered_set(self, i, obj)


@functools.wraps(_get)
def get(self: Any, timeout: float | None = None) -> Any:
    __tracebackhide__ = True
    try:
        return _get(self, timeout)
    except BaseException:
        _was_taken(self)
        raise


@functools.wraps(_successful)
def successful(self: Any) -> bool:
    answer: bool = _successful(self)
    if not answer:
        _was_taken(self)
    return answer


@functools.wraps(_next)
def next_item(self: Any, timeout: float | None = None) -> Any:
    __tracebackhide__ = True
    try:
        return _next(self, timeout)
    except BaseException:
        _was_taken(self)
        raise


children.after_fork["outcomes"] = failures.clear
