"""Waiting for processes to end, in slices; and where each process was started."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import weakref
from multiprocessing import popen_fork, process
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import births, children, dying, runtime
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from types import CodeType

_start = process.BaseProcess.start
_bootstrap = process.BaseProcess._bootstrap  # type: ignore[attr-defined]
_exitcode = process.BaseProcess.exitcode.fget  # type: ignore[attr-defined]
_wait = popen_fork.Popen.wait
_waitpid = os.waitpid
_wait_for_program = subprocess.Popen._wait  # type: ignore[attr-defined]

origins: weakref.WeakKeyDictionary[process.BaseProcess, tuple[tuple[CodeType, int], ...]] = (
    weakref.WeakKeyDictionary()
)
"""Where each process was started: (code, instruction) of the callers of `start`, the nearest first."""


ANY = -1
"""In place of a process identifier: any child of this process."""


class Child:
    """What `os.waitpid` waits for, where no object stands for the process."""


class Ending:
    """What a joiner waits for: the end of a process, or of any child."""

    __slots__ = ("pid", "target")

    def __init__(self, pid: int, target: object) -> None:
        self.pid = pid
        self.target = target


def start(self: process.BaseProcess) -> None:
    """Start the process; see `multiprocessing.Process.start`."""
    frames = origins[self] = callers(1)
    with runtime.undivided():
        _start(self)
        births.born(self._popen.pid, births.Way.PROCESS, self.name, frames, self)  # type: ignore[attr-defined]


def exitcode(self: process.BaseProcess) -> int | None:
    """Return how the process ended, or None; see `multiprocessing.Process.exitcode`."""
    code: int | None = _exitcode(self)
    if code is not None:
        birth = births.known.get(self.pid or 0)
        if birth is not None:
            birth.exit_code = code
            birth.askers.add(sys._getframe(1).f_code)
    return code


def bootstrap(self: process.BaseProcess, *arguments: Any, **options: Any) -> int:
    """Run in the child, from its beginning to its end."""
    for call in list(children.at_bootstrap.values()):
        call(self.name)
    if dying.at_death:
        dying.listen()
    code: int = _bootstrap(self, *arguments, **options)
    return code


BEGINNINGS = {bootstrap.__code__, popen_fork.Popen._launch.__code__}  # type: ignore[attr-defined]
"""What runs in these frames, or below them, is the parent's part of a forked child's stack."""


def wait(self: Any, timeout: float | None = None) -> int | None:
    """Wait for the end of a process; see `multiprocessing.Process.join`."""
    if self.returncode is None and timeout is None and runtime.watcher is not None:
        _block_until_end(self, self.poll)
    return _wait(self, timeout)


def wait_for_program(self: Any, timeout: float | None) -> int:
    """Wait for the end of a program; see `subprocess.Popen.wait`."""
    if self.returncode is None and timeout is None and runtime.watcher is not None:
        _block_until_end(self, self.poll)
    code: int = _wait_for_program(self, timeout)
    return code


def waitpid(pid: int, options: int, /) -> tuple[int, int]:
    """Wait for the end of a child; see `os.waitpid`."""
    if options == 0 and pid >= ANY and pid and runtime.watcher is not None:
        _block_until_child_ends(pid)
    return _waitpid(pid, options)


def wait_for_any() -> tuple[int, int]:
    """Wait for the end of any child; see `os.wait`."""
    return waitpid(ANY, 0)


def _block_until_child_ends(pid: int) -> None:
    """Block until there is something to be told, or to be raised."""
    if _can_tell(pid):
        return
    watched = _open(pid) if pid != ANY else None
    try:
        runtime.block(
            Ending(pid, Child()), lambda seconds: _has_ended(watched, seconds, lambda: _can_tell(pid)), None
        )
    finally:
        if watched is not None:
            os.close(watched)


def _can_tell(pid: int) -> bool | None:
    """Tell whether `os.waitpid` would answer at once; None when it would wait."""
    kind = os.P_ALL if pid == ANY else os.P_PID
    try:
        found = os.waitid(kind, max(pid, 0), os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True  # it raises the same
    return True if found is not None else None


def _block_until_end(popen: Any, poll: Any) -> None:
    """Block until the process has ended, and no longer: its end of a pipe may live on in its children."""
    if poll() is not None:
        return
    try:
        watched = _watch_of(popen)
    except ProcessLookupError:
        return  # somebody else has reaped it; the real wait knows what to do
    try:
        runtime.block(Ending(popen.pid, popen), lambda seconds: _has_ended(watched, seconds, poll), None)
    finally:
        if watched is not None and watched != getattr(popen, "sentinel", None):
            os.close(watched)


def _watch_of(popen: Any) -> int | None:
    """Return a descriptor that becomes readable at the end of the process."""
    if getattr(popen, "method", "") == "forkserver":
        sentinel: int = popen.sentinel  # the process is the fork server's child; it tells us the exit code
        return sentinel
    return _open(popen.pid)


def _open(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (AttributeError, OSError):
        return None


def _has_ended(watched: int | None, seconds: float, poll: Any) -> bool:
    if watched is None:
        return _poll_for(seconds, poll)
    waiting = select.poll()
    waiting.register(watched, select.POLLIN)
    return bool(waiting.poll(None if seconds < 0 else seconds * 1000))


def _poll_for(seconds: float, poll: Any) -> bool:
    """Ask again and again, where nothing can be waited on."""
    deadline = None if seconds < 0 else runtime.monotonic() + seconds
    while poll() is None:
        if deadline is not None and runtime.monotonic() >= deadline:
            return False
        runtime.real_sleep(0.002)
    return True
