"""The domain model: what a finding is made of. Read-only values; imports nothing of ours."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Any, Literal

REPORT_VERSION = 1

STACK_OF = "stack of "
"""What a detail begins with that tells where a thread is: for the report, and for who wants to know more."""

JSONObject = dict[str, Any]


class Kind(str, enum.Enum):
    """What went wrong. The value is the name in reports, hints and documentation."""

    DEADLOCK_CYCLE = "deadlock-cycle"
    SELF_DEADLOCK = "self-deadlock"
    STALLED = "stalled"
    ABANDONED_LOCK = "abandoned-lock"
    NO_EOF = "no-eof"
    FULL_PIPE = "full-pipe"
    LOCK_ORDER = "lock-order"
    RACE = "race"
    LEAKED_THREAD = "leaked-thread"
    LEAKED_PROCESS = "leaked-process"
    LEAKED_POOL = "leaked-pool"
    ZOMBIE = "zombie"
    ORPHAN = "orphan"
    LEAKED_PIPE_END = "leaked-pipe-end"
    LEAKED_SHARED_MEMORY = "leaked-shared-memory"
    LOST_EXCEPTION = "lost-exception"
    SPINNING = "spinning"
    TIMEOUT = "timeout"
    EXPLORED = "explored"

    @property
    def group(self) -> Group:
        """The setting (`sensei_deadlocks`, `sensei_leaks` or `sensei_races`) that governs this kind."""
        return _GROUPS.get(self, Group.LEAKS)


class Group(str, enum.Enum):
    """A family of kinds with one severity setting."""

    DEADLOCKS = "deadlocks"
    LEAKS = "leaks"
    RACES = "races"


_GROUPS = {
    Kind.DEADLOCK_CYCLE: Group.DEADLOCKS,
    Kind.SELF_DEADLOCK: Group.DEADLOCKS,
    Kind.STALLED: Group.DEADLOCKS,
    Kind.ABANDONED_LOCK: Group.DEADLOCKS,
    Kind.NO_EOF: Group.DEADLOCKS,
    Kind.FULL_PIPE: Group.DEADLOCKS,
    Kind.LOCK_ORDER: Group.DEADLOCKS,
    Kind.TIMEOUT: Group.DEADLOCKS,
    Kind.SPINNING: Group.RACES,
    Kind.RACE: Group.RACES,
    Kind.EXPLORED: Group.RACES,
}


class Severity(str, enum.Enum):
    """What a finding does to the test: fails it, is told, or is not looked for.

    A note is no finding against anybody: it tells what an exploration covered.
    """

    ERROR = "error"
    WARN = "warn"
    OFF = "off"
    NOTE = "note"


class Light(str, enum.Enum):
    """The colour of a run, with its letter, as the journal and the terminal show it."""

    RED = "R"
    AMBER = "A"
    GREEN = "G"
    BLACK = "B"


Mode = Literal["watched", "explored"]
Phase = Literal["setup", "call", "teardown", "session"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source: where something was acquired, created, or is blocked."""

    file: str  # relative to the root of the run where it is below it, else absolute
    line: int
    function: str
    source: str  # the line's text, stripped


@dataclass(frozen=True, slots=True)
class Actor:
    """A thread in a process."""

    id: str
    process: str
    pid: int
    thread: str
    state: str = "waiting"  # waiting, running, sleeping, ended, unknown
    place: Place | None = None  # where it is now, when that is not one of its waits


@dataclass(frozen=True, slots=True)
class Resource:
    """Something one can hold or wait for: a lock, condition, queue, pipe, process or thread."""

    id: str
    type: str  # as the user knows it: "Lock", "Semaphore", "Queue", "Thread", ...
    name: str  # as the source names it: "self.lock", "forks[0]", never an address
    created: Place | None = None
    state: str | None = None  # a short fact that helps: "value 0", "unfinished tasks: 1"


def some(type_: str) -> str:
    """Call a thing of which only the type is known."""
    vowel = type_[:1] in "AEIOaeio" or type_.startswith("RLock")  # one says "ar-lock"
    return f"{'an' if vowel else 'a'} {type_}"


@dataclass(frozen=True, slots=True)
class Hold:
    """An actor holds a resource since it passed `place`."""

    actor: str
    resource: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An actor waits for a resource at `place`."""

    actor: str
    resource: str
    place: Place | None = None
    forever: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an interleaving: who did what, where, and the value it saw or left."""

    actor: str
    place: Place
    action: str  # read, write, acquire, release, wait, wake, start, join, end, raise, ...
    field: str | None = None  # "Counter.value", or the resource's name
    value: str | None = None  # repr, shortened
    locks: tuple[str, ...] = ()  # resources held at this step
    matters: bool = True  # False: left out of the one-screen picture
    part_of: str | None = None  # the container that `field` is an item of, or, by the same name, the whole of


@dataclass(frozen=True, slots=True)
class Schedule:
    """How an exploration went, and the schedule that it reports."""

    number: int  # the failing schedule counts from 1; 0 when none failed
    explored: int
    distinct: int | None = None  # the number of distinct interleavings, when all are known
    exhausted: bool = False
    bound: int | None = None  # the greatest preemption bound that was completed
    token: str | None = None
    steps: tuple[Step, ...] = ()
    note: str | None = None  # what was covered, in words


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding: its kind, who and what takes part, where, and the evidence."""

    kind: Kind
    summary: str
    proved: bool = True
    mode: Mode = "watched"
    actors: tuple[Actor, ...] = ()
    resources: tuple[Resource, ...] = ()
    holds: tuple[Hold, ...] = ()
    waits: tuple[Wait, ...] = ()
    culprits: tuple[Place, ...] = ()
    details: tuple[str, ...] = ()  # further evidence, one line each
    latency_ms: float | None = None  # from forming to proof
    schedule: Schedule | None = None


class Deadlock(BaseException):
    """Raised at the blocked line of a proven deadlock's victim.

    Not an `Exception`: a broad `except` in the code under test must not hide it.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.summary)
        self.diagnosis = diagnosis


Deadlock.__module__ = "pytest_sensei"  # as users import it, and as failures print it


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis of one test, with its severity and the hints that go with it."""

    nodeid: str
    phase: Phase
    severity: Severity
    diagnosis: Diagnosis
    hints: tuple[str, ...] = ()
    version: int = field(default=REPORT_VERSION)

    def with_hints(self, hints: tuple[str, ...]) -> Finding:
        return replace(self, hints=hints)
