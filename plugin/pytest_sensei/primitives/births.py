"""Where each process of the family was started: by multiprocessing, as a program, or by a bare fork."""

from __future__ import annotations

import enum
import os
import subprocess
import weakref
from multiprocessing import popen_fork
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import children, runtime
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_execute_child = subprocess.Popen._execute_child  # type: ignore[attr-defined]
_LAUNCH = getattr(popen_fork.Popen, "_launch", None)


class Way(enum.Enum):
    """How a process was started."""

    PROCESS = "process"  # multiprocessing
    PROGRAM = "program"  # subprocess
    FORK = "fork"  # os.fork


class Birth:
    """One start of a process. Its serial number tells it from all others, before and after."""

    __slots__ = ("askers", "exit_code", "frames", "name", "pid", "serial", "strand", "target", "way")

    def __init__(
        self,
        pid: int,
        way: Way,
        name: str,
        frames: tuple[tuple[CodeType, int], ...],
        target: object,
        serial: int,
    ) -> None:
        self.pid = pid
        self.way = way
        self.name = name
        self.frames = frames  # (code, instruction) of the callers, the nearest first
        self.target = weakref.ref(target) if target is not None else None  # a Process or a Popen
        self.strand = runtime.current_strand()  # the thread that started it
        self.serial = serial
        self.exit_code: int | None = None  # once somebody has been told
        self.askers: set[CodeType] = set()  # whose code that was


known: dict[int, Birth] = {}
"""The processes that this one has started, bare forks apart, by process identifier."""

own: Birth | None = None
"""How this process was started itself, if by a bare fork."""

tell: dict[str, Callable[[Birth], object]] = {}
"""Called with each birth that this process brings about; not with bare forks, whose children know."""

_serial = 0


def next_serial() -> int:
    """Count something that a test may leave behind."""
    global _serial  # noqa: PLW0603
    _serial += 1
    return _serial


def serial() -> int:
    """Return the count: when it has not changed, nothing was started."""
    return _serial


def born(pid: int, way: Way, name: str, frames: tuple[tuple[CodeType, int], ...], target: object) -> None:
    """Take down that this process has started another."""
    birth = known[pid] = Birth(pid, way, name, frames, target, next_serial())
    for call in list(tell.values()):
        call(birth)


def execute_child(self: Any, *arguments: Any, **options: Any) -> None:
    """Start the program; a step of `subprocess.Popen`."""
    with runtime.undivided():
        _execute_child(self, *arguments, **options)
        born(self.pid, Way.PROGRAM, "", callers(1), self)


# -- bare forks: the fork's own caller cannot be told the child's identifier, but the child knows its own

_forking: tuple[tuple[CodeType, int], ...] = ()


def _before_fork() -> None:
    global _forking  # noqa: PLW0603
    frames = callers(2)
    _forking = () if _LAUNCH is not None and frames[0][0] is _LAUNCH.__code__ else frames
    if _forking:
        next_serial()


def _after_fork() -> None:
    """In the child: what was started before was started by another process."""
    global own  # noqa: PLW0603
    known.clear()
    tell.clear()
    own = None
    if _forking:
        own = Birth(os.getpid(), Way.FORK, "", _forking, None, _serial)  # as it was counted in the parent


children.before_fork["births"] = _before_fork
children.after_fork["births"] = _after_fork
