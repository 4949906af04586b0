"""Connections whose `recv`, `send` and `poll` wait in slices, and that know where they were made.

A read or write is first tried without waiting, in one system call where Linux offers that (RWF_NOWAIT); so
it can never block unseen, not even when somebody else was quicker after a poll.
"""

from __future__ import annotations

import errno
import io
import os
import select
import selectors
import stat
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_sensei.primitives import openings, runtime
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LARGEST = 1 << 17  # bytes read in one piece; more than a pipe or a socket usually holds
PIECE = 4096  # bytes; a pipe that can be written to at all takes so many at once (PIPE_BUF)

real_read = os.read  # the watch's own reading must not look like a test's
_os_write = os.write
_init = connection._ConnectionBase.__init__
_nowait: int = getattr(os, "RWF_NOWAIT", 0)


class Ends(NamedTuple):
    """What a reader or writer waits for: any of these descriptors to become ready."""

    reading: tuple[int, ...]
    writing: tuple[int, ...]
    target: object  # the connection, or the list of what is waited for

    def is_ready(self, _strand: runtime.Strand) -> bool:
        """Tell whether any of them is."""
        return bool(_poll_of(self).poll(0))


def init(self: Any, handle: Any, readable: bool = True, writable: bool = True) -> None:
    _init(self, handle, readable, writable)
    openings.enter(self, callers(1, 8), "r" * readable + "w" * writable)


# -- reading


def recv(self: Any, size: int, read: Callable[[int, int], bytes] = os.read) -> io.BytesIO:
    """Read so many bytes; see `multiprocessing.connection.Connection._recv`."""
    handle = self._handle
    got = io.BytesIO()
    remaining = size
    space = memoryview(bytearray(max(0, min(size, LARGEST))))
    while remaining > 0:
        if _unseen():
            chunk: bytes | memoryview = read(handle, remaining)
        else:
            chunk = read_for(self, handle, space[:remaining], read)
        if not chunk:
            if remaining == size:
                raise EOFError
            raise OSError("got end of file during message")
        got.write(chunk)
        remaining -= len(chunk)
    return got


def read_for(
    owner: object, fd: int, space: memoryview, read: Callable[[int, int], bytes] = real_read
) -> bytes | memoryview:
    """Read what is there, or will be, on behalf of a connection or file; None: of the descriptor alone."""
    while True:
        if runtime.explorer is not None:
            await_turn(_reading(owner, fd))
        chunk = _try_read(fd, space, read)
        if chunk is not None:
            return chunk
        wait_for(_reading(owner, fd))


def _reading(owner: object, fd: int) -> Ends:
    return Ends((fd,), (), owner or openings.raw_end(fd, "r"))


def _try_read(handle: int, space: memoryview, read: Callable[[int, int], bytes]) -> bytes | memoryview | None:
    """Read what is there; None when nothing is."""
    if _nowait:
        try:
            return space[: os.preadv(handle, [space], -1, _nowait)]
        except BlockingIOError:
            return None
        except OSError as error:
            if not _gave_up_nowait(error):
                raise
    return read(handle, len(space)) if _ready(handle, select.POLLIN) else None


# -- writing


def send(self: Any, buffer: Any, write: Callable[[int, Any], int] = os.write) -> None:
    """Write all of it; see `multiprocessing.connection.Connection._send`."""
    handle = self._handle
    if _unseen():
        _write_all(handle, buffer, write)
    else:
        write_for(self, handle, memoryview(buffer), write)


def write_for(owner: object, fd: int, rest: memoryview, write: Callable[[int, Any], int] = _os_write) -> None:
    """Write all of it, on behalf of a connection or file; None: of the descriptor alone."""
    while rest:
        if runtime.explorer is not None:
            await_turn(_writing(owner, fd))
        count = _try_write(fd, rest, write)
        if count:
            rest = rest[count:]
        else:
            wait_for(_writing(owner, fd))


def _writing(owner: object, fd: int) -> Ends:
    return Ends((), (fd,), owner or openings.raw_end(fd, "w"))


def _write_all(handle: int, buffer: Any, write: Callable[[int, Any], int]) -> None:
    remaining = len(buffer)
    while True:
        count = write(handle, buffer)
        remaining -= count
        if remaining == 0:
            return
        buffer = buffer[count:]


def _try_write(handle: int, rest: memoryview, write: Callable[[int, Any], int]) -> int:
    """Write what can be written at once, and return how much that was."""
    if _nowait:
        try:
            return os.pwritev(handle, [rest], -1, _nowait)
        except BlockingIOError:
            return 0
        except OSError as error:
            if not _gave_up_nowait(error):
                raise
    return write(handle, rest[:PIECE]) if _ready(handle, select.POLLOUT) else 0


def _gave_up_nowait(error: OSError) -> bool:
    """Go on without RWF_NOWAIT where the system does not know it; any other error is the caller's.

    It is not raised here: a frame that has an error it raised is a cycle, which keeps the message alive.
    """
    global _nowait  # noqa: PLW0603
    if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ESPIPE):
        return False
    _nowait = 0
    return True


# -- raw pipes


def read(fd: int, length: int, /) -> bytes:
    """Read from a descriptor; see `os.read`. A pipe that is empty is waited for in slices."""
    if _unseen() or length <= 0 or not blocks_as_a_pipe(fd):
        return real_read(fd, length)
    return bytes(read_for(None, fd, memoryview(bytearray(min(length, LARGEST)))))


def write(fd: int, data: Any, /) -> int:
    """Write to a descriptor; see `os.write`. A pipe that is full is waited for in slices."""
    if _unseen() or not blocks_as_a_pipe(fd):
        return _os_write(fd, data)
    whole = memoryview(data).cast("B")
    write_for(None, fd, whole)
    return len(whole)


def blocks_as_a_pipe(fd: int) -> bool:
    """Tell whether a descriptor is a pipe whose reads and writes wait."""
    return stat.S_ISFIFO(os.fstat(fd).st_mode) and os.get_blocking(fd)


# -- waiting


def _unseen() -> bool:
    """Tell whether nobody wants to know who waits."""
    return runtime.watcher is None and runtime.exploring() is None


def await_turn(ends: Ends, timeout: float | None = None) -> bool:
    """Have an exploration, if there is one, decide when the ends are looked at: as soon as one is ready.

    Returns false when time is up.
    """
    exploring = runtime.exploring()
    return exploring is None or exploring.take(ends, timeout) is not False


def wait_for(ends: Ends, timeout: float | None = None) -> bool:
    """Block until one of the ends is ready."""
    poll = _poll_of(ends)
    return runtime.block(ends, lambda seconds: bool(poll.poll(_milliseconds(seconds))), timeout)


def _poll_of(ends: Ends) -> select.poll:
    poll = select.poll()
    for fd in ends.reading:
        poll.register(fd, select.POLLIN)
    for fd in ends.writing:
        poll.register(fd, select.POLLOUT)
    return poll


def _ready(handle: int, events: int) -> bool:
    poll = select.poll()
    poll.register(handle, events)
    return bool(poll.poll(0))


def _milliseconds(seconds: float) -> float | None:
    return None if seconds < 0 else seconds * 1000


def wait(object_list: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Return the objects that are ready to be read from; see `multiprocessing.connection.wait`."""
    objects = list(object_list)
    with selectors.PollSelector() as selector:
        for each in objects:
            selector.register(each, selectors.EVENT_READ)
        ends = Ends(tuple(key.fd for key in selector.get_map().values()), (), _target(objects))
        in_time = await_turn(ends, timeout)
        ready = selector.select(0)
        if not ready and in_time and (timeout is None or timeout > 0):
            runtime.block(ends, lambda seconds: _select(selector, seconds, ready), timeout)
        return [key.fileobj for key, _events in ready]


def _target(objects: list[Any]) -> object:
    return objects[0] if len(objects) == 1 and not isinstance(objects[0], int) else objects


def _select(selector: selectors.BaseSelector, seconds: float, ready: list[Any]) -> bool:
    ready[:] = selector.select(None if seconds < 0 else seconds)
    return bool(ready)
