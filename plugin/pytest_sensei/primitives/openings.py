"""What was opened and who closed it: connections, queues, listeners and raw pipes, with where each was made.

A connection that nobody closes closes itself when it is collected; only a record that outlives it can tell.
"""

from __future__ import annotations

import itertools
import os
import weakref
from multiprocessing import connection, queues
from sys import _getframe
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    Sites = tuple[tuple[CodeType, int], ...]

_DEPTH = 8  # call sites that are kept: from inside a pool to the user's code

_connection_close = connection._ConnectionBase.close
_connection_del = connection._ConnectionBase.__del__
_listener_init = connection.Listener.__init__
_listener_close = connection.Listener.close
_queue_init = queues.Queue.__init__
_queue_close = queues.Queue.close
_simple_init = queues.SimpleQueue.__init__
_simple_close = queues.SimpleQueue.close
_pipe = os.pipe

_serials = itertools.count(1)


class Opened:
    """A thing that can be closed. It is kept until the thing is gone, or somebody has looked what became of it."""

    __slots__ = ("closed", "key", "made", "mode", "refer", "serial", "type")

    def __init__(self, target: object, made: Sites, mode: str) -> None:
        self.closed = False  # somebody has called close()
        self.key = id(target)
        self.made = made
        self.mode = mode  # of a connection: "r", "w" or "rw"
        self.serial = next(_serials)
        self.type = type(target).__name__
        self.refer = weakref.ref(target, self._gone)

    def __call__(self) -> Any:
        """Return the thing, as long as it lives."""
        return self.refer()

    def _gone(self, _reference: object) -> None:
        if living.get(self.key) is self:
            del living[self.key]
        if _keeping and not self.closed:
            dropped.append(self)


class RawEnd:
    """One end of an `os.pipe()`."""

    __slots__ = ("fd", "identity", "made", "mode", "serial")

    def __init__(self, fd: int, mode: str, made: Sites) -> None:
        self.fd = fd
        self.identity = identity_of(fd)
        self.mode = mode
        self.made = made
        self.serial = next(_serials)

    @property
    def is_open(self) -> bool:
        """Tell whether the descriptor still is this end, and not something else that got the number."""
        return self.identity is not None and identity_of(self.fd) == self.identity


living: dict[int, Opened] = {}
"""What lives, by the identity of the object. A forked child inherits it with the objects."""

raw: dict[int, RawEnd] = {}
"""The latest end of an `os.pipe()` by its descriptor."""

dropped: list[Opened] = []
"""What was collected and nobody had closed, while `keep_dropped` was in force."""

_keeping = False


def keep_dropped(on: bool) -> None:
    """Begin anew to keep, or keep no more, the records of what is collected unclosed."""
    global _keeping  # noqa: PLW0603
    _keeping = on
    dropped.clear()


def now() -> int:
    """Return a number: what is opened later has a greater serial."""
    return next(_serials)


def identity_of(fd: int) -> tuple[int, int] | None:
    """Return what file a descriptor stands for; None when it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def made_at(target: object) -> Sites:
    """Return the call sites of where a thing was opened, the nearest first."""
    found = living.get(id(target))
    return found.made if found is not None else ()


def raw_end(fd: int, mode: str) -> RawEnd:
    """Return what is known of a raw end; a fresh record where somebody else has made it."""
    known = raw.get(fd)
    return known if known is not None and known.is_open else RawEnd(fd, mode, ())


def open_ends() -> Iterator[tuple[int, str, str, Sites]]:
    """Yield descriptor, type, mode and call sites of each connection and raw end that is open."""
    known = set()
    for opened in list(living.values()):
        target = opened()
        fd = getattr(target, "_handle", None) if isinstance(target, connection._ConnectionBase) else None
        if fd is not None:  # else it is closed, by whichever thread
            known.add(fd)
            yield fd, "Connection", opened.mode, opened.made
    for end in list(raw.values()):
        if end.fd not in known and end.is_open:
            yield end.fd, "pipe", end.mode, end.made


def enter(target: Any, made: Sites, mode: str = "") -> None:
    """Write down that something was opened."""
    living[id(target)] = Opened(target, made, mode)


def _was_closed(target: object) -> None:
    found = living.get(id(target))
    if found is not None:
        found.closed = True


_SPEAK_FOR_THEMSELVES = {"multiprocessing.connection", "multiprocessing.popen_fork", "subprocess"}
"""Who makes of a raw pipe what is recorded as something better, or keeps it to itself."""

# -- what stands in for the standard library's


def pipe() -> tuple[int, int]:
    """Make a pipe; see `os.pipe`."""
    reading, writing = _pipe()
    if _getframe(1).f_globals.get("__name__") in _SPEAK_FOR_THEMSELVES:
        return reading, writing
    made = callers(1, _DEPTH)
    raw[reading] = RawEnd(reading, "r", made)
    raw[writing] = RawEnd(writing, "w", made)
    return reading, writing


def close_connection(self: Any) -> None:
    """Close the connection; see `multiprocessing.connection.Connection.close`."""
    _was_closed(self)
    _connection_close(self)


def collect_connection(self: Any) -> None:
    """Stand in for `__del__`: whose descriptor is closed already was closed by somebody, if not by `close`."""
    if self._handle is None or identity_of(self._handle) is None:
        _was_closed(self)
    _connection_del(self)


def init_listener(self: Any, *args: Any, **options: Any) -> None:
    _listener_init(self, *args, **options)
    enter(self, callers(1, _DEPTH))


def close_listener(self: Any) -> None:
    """Close the listener; see `multiprocessing.connection.Listener.close`."""
    _was_closed(self)
    _listener_close(self)


def init_queue(self: Any, *args: Any, **options: Any) -> None:
    _queue_init(self, *args, **options)
    enter(self, callers(1, _DEPTH))


def close_queue(self: Any) -> None:
    """Close the queue; see `multiprocessing.Queue.close`."""
    _was_closed(self)
    _queue_close(self)


def init_simple_queue(self: Any, *args: Any, **options: Any) -> None:
    _simple_init(self, *args, **options)
    enter(self, callers(1, _DEPTH))


def close_simple_queue(self: Any) -> None:
    """Close the queue; see `multiprocessing.SimpleQueue.close`."""
    _was_closed(self)
    _simple_close(self)
