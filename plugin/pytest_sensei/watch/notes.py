"""What processes tell each other: a note of who waits for what, readable after its writer was killed."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_sensei.diagnosis import Place


class Want(str, enum.Enum):
    """What would end a wait."""

    THREADS = "threads"  # something that only threads of the same process can do
    SEMAPHORE = "semaphore"  # a release of this semaphore
    READ = "read"  # data or the end of data on this descriptor
    WRITE = "write"  # room on this descriptor
    PROCESS = "process"  # the end of this process
    INSIDE = "inside"  # anything that a thread of the same process does
    FAMILY = "family"  # anything that a process of the family does


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that would end a wait. Where a wait has several, any one of them ends it."""

    want: Want
    key: int = 0  # the semaphore's key, the inode of pipe or socket, the process's identifier
    kind: str = ""  # pipe or socket
    wakers: frozenset[str] | None = None  # of THREADS: who can; None: every thread of the process
    binding: bool = False  # of THREADS: the wakers, and nobody else
    lock: bool = False  # of SEMAPHORE: it admits one holder at a time
    owned: bool = False  # of SEMAPHORE: nobody but its holder can release it (an RLock)
    inode: int = 0  # of SEMAPHORE: where it is mapped from


@dataclass(frozen=True, slots=True)
class Thing:
    """What is waited for or held, in the words of the user's source."""

    id: str  # the same in every process that has it
    type: str
    name: str
    created: Place | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class NotedHold:
    """A lock that a thread holds."""

    thing: Thing
    place: Place | None


@dataclass(frozen=True, slots=True)
class Gone:
    """The thread of the same process that ended while it held what is waited for."""

    name: str
    place: Place | None
    at_fork: bool  # it lives on in the parent: only its copy of the lock came with the fork
    ident: int  # of the thread; a fork keeps it


@dataclass(frozen=True, slots=True)
class Told:
    """A wait in words. It is made only when somebody suspects a knot: it takes a millisecond."""

    thing: Thing
    method: str
    place: Place | None
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class NotedWait:
    """A wait without limit."""

    serial: int
    since: float
    tried: float  # when its latest attempt that failed began
    needs: tuple[Need, ...]
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class NotedThread:
    """A thread, and what it waits for: None when it may go on by itself."""

    id: str
    tid: int  # the system's identifier; 0 when unknown
    name: str
    wait: NotedWait | None
    place: Place | None = None
    holds: tuple[NotedHold, ...] = ()
    stack: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class NotedEnd:
    """An end of a pipe that a process can reach, and where it was made."""

    inode: int
    thing: Thing
    readable: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A process as it sees itself."""

    pid: int
    start: int
    name: str
    threads: tuple[NotedThread, ...]
    ignored: tuple[int, ...] = ()  # the system's identifiers of threads that take no part
    unnamed: int = 0  # threads of Python whose system identifier is unknown
    handlers: bool = False  # a signal could run the user's code
    ends: tuple[NotedEnd, ...] = ()
    things: tuple[Thing, ...] = ()  # what it knows by name, of what others may wait for
    rich: bool = False
    serials: tuple[int, ...] = ()  # of the waits in progress when it was written; 0 for a thread that runs

    def waits(self) -> tuple[int, ...]:
        """Return what tells this picture from a later one: the waits' serial numbers."""
        return tuple(thread.wait.serial if thread.wait is not None else 0 for thread in self.threads)

    def renewed(self, tried: Mapping[int, float]) -> Note:
        """Return the same note with the times at which its waits were tried last."""
        threads = (
            replace(thread, wait=replace(thread.wait, tried=tried.get(thread.wait.serial, thread.wait.tried)))
            if thread.wait is not None
            else thread
            for thread in self.threads
        )
        return replace(self, threads=tuple(threads))


def actor_id(pid: int, ident: int | str) -> str:
    """Name a thread in the family's graph."""
    return f"p{pid}.{ident}"
