"""What the primitives and the two runtimes behind them share: strands, waits, and who is in charge."""

from __future__ import annotations

import _thread
import itertools
import time
from collections.abc import Callable
from types import CodeType
from typing import Protocol

Attempt = Callable[[float], bool]
"""Try the raw primitive for at most so many seconds; true when it was got."""

FOREVER = -1.0
monotonic = time.monotonic  # the real clock: an exploration replaces the one in `time`
real_sleep = time.sleep
get_ident = _thread.get_ident
_serials = itertools.count(1)


class Lockable(Protocol):
    """A lock of ours, as the runtimes see it."""

    _owner: Strand | None
    _code: CodeType | None
    _lasti: int

    def locked(self) -> bool: ...

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""


class Waiting:
    """A wait in progress. It is a new object each time, so its identity tells progress from none."""

    __slots__ = ("deadline", "resource", "serial", "since")

    def __init__(self, resource: object, deadline: float | None) -> None:
        self.resource = resource
        self.deadline = deadline  # on the real monotonic clock, seconds; None: for ever
        self.since = monotonic()
        self.serial = next(_serials)


class Strand(list[Lockable]):
    """One thread's life: the locks it holds, the latest last, and what it waits for.

    A thread identifier is used again as soon as its thread has ended; a strand never is.
    """

    __slots__ = ("__weakref__", "afterwards", "doomed", "ended", "ident", "name", "pending", "wait")

    def __init__(self, ident: int) -> None:
        super().__init__()
        self.ident = ident
        self.name: str | None = None  # of the thread, once it has ended
        self.ended = False
        self.doomed = False  # it was told of a deadlock and is unwinding
        self.wait: Waiting | None = None
        self.pending: BaseException | None = None  # raised in the strand at its next wait or slice
        self.afterwards: Callable[[], None] | None = None  # called once `pending` is on its way

    __hash__ = object.__hash__  # type: ignore[assignment]  # identity: two idle strands are two strands

    def __eq__(self, other: object) -> bool:
        return self is other


class _Strands(dict[int, Strand]):
    """The living strands by thread identifier; made on first use."""

    def __missing__(self, ident: int) -> Strand:
        strand = self[ident] = Strand(ident)
        return strand


strands = _Strands()


def current_strand() -> Strand:
    return strands[get_ident()]


def begin_strand() -> Strand:
    """Give the current, new thread a strand of its own, whoever had its identifier before."""
    ident = get_ident()
    previous = strands.pop(ident, None)
    if previous is not None:
        previous.ended = True
    return strands[ident]


def end_strand(strand: Strand, name: str) -> None:
    """The thread is over: what it still holds nobody will give back."""
    strand.name = name
    strand.ended = True
    if strands.get(strand.ident) is strand:
        del strands[strand.ident]


class Watcher(Protocol):
    """The watched runtime: it looks when a slice of a wait has ended."""

    def slice_for(self, wait: Waiting) -> float:
        """Seconds until the waiter should look (again)."""

    def look(self, strand: Strand) -> None:
        """Nothing moved for a slice. Raises in the caller when it is the victim of a proven knot."""

    def ordered(self, strand: Strand, lock: Lockable, code: CodeType, lasti: int) -> None:
        """`strand` takes `lock` while it holds others."""

    def thread_failed(self, thread: object, error: BaseException) -> bool:
        """`thread` dies of `error`. Returns true when nobody else needs to be told."""

    def passed_on(self, giver: Strand, taker: Strand) -> None:
        """What `giver` did before happens before what `taker` does now (start, join, hand-over)."""


class Explorer(Protocol):
    """The explored runtime: every call is made on the thread that does the thing, if it is controlled."""

    def controls(self) -> bool:
        """Tell whether the current thread is one of the exploration's."""

    def acquire(self, lock: Lockable, timeout: float | None) -> bool:
        """Park until `lock` may be taken (true; the caller then takes it, at once) or time is up.

        `timeout` is in seconds of virtual time; None: for ever; 0: do not wait.
        """

    def release(self, lock: Lockable) -> bool:
        """Announce a release, before it happens; the caller then releases, at once.

        False: the caller leaves it be; it unwinds, and the lock is not its own any more.
        """

    def start(self, thread: object, launch: Callable[[], None]) -> None:
        """Start a `threading.Thread` under control. `launch` is the ordinary start."""

    def join(self, thread: object, timeout: float | None) -> None: ...

    def is_alive(self, thread: object) -> bool | None:
        """Tell whether a controlled thread lives; None: not one of ours."""

    def queue_put(self, queue: object) -> None:
        """Announce a put on a SimpleQueue, before it happens."""

    def queue_get(self, queue: object, timeout: float | None) -> bool:
        """Park until the SimpleQueue has an item for us (true) or time is up."""

    def sleep(self, seconds: float) -> None: ...


watcher: Watcher | None = None
explorer: Explorer | None = None


def watch_with(new: Watcher | None) -> None:
    """Put a watched runtime behind the primitives, or none."""
    global watcher  # noqa: PLW0603  (the one slot that every primitive reads)
    watcher = new


def explore_with(new: Explorer | None) -> None:
    """Put an explored runtime behind the primitives, or none."""
    from pytest_sensei.primitives import locks

    global explorer  # noqa: PLW0603
    explorer = new
    locks.explorer = new  # its own global: the fast path cannot afford an attribute


def exploring() -> Explorer | None:
    """Return the exploration that controls the current thread, or None."""
    return explorer if explorer is not None and explorer.controls() else None


def raise_pending(strand: Strand) -> None:
    """Raise what the watcher has in store for `strand`, the current one, if anything."""
    error, strand.pending = strand.pending, None
    if error is None:
        return
    strand.doomed = True
    then, strand.afterwards = strand.afterwards, None
    if then is not None:
        then()
    raise error


def block(resource: object, attempt: Attempt, timeout: float | None) -> bool:
    """Wait for `resource` by `attempt`, in slices while somebody watches.

    `timeout` is in seconds, None for ever. Returns whether it was got. What the watcher raises
    (a deadlock's victim is told so) passes through.
    """
    strand = current_strand()
    deadline = None if timeout is None else monotonic() + timeout
    wait = Waiting(resource, deadline)
    outer, strand.wait = strand.wait, wait  # a signal handler may wait inside a wait
    try:
        raise_pending(strand)
        return _in_slices(strand, wait, attempt)
    finally:
        strand.wait = outer


def _in_slices(strand: Strand, wait: Waiting, attempt: Attempt) -> bool:
    while True:
        observer = watcher
        left = FOREVER if wait.deadline is None else max(0.0, wait.deadline - monotonic())
        if observer is None:
            return attempt(left)
        piece = observer.slice_for(wait)
        last = wait.deadline is not None and left <= piece
        if attempt(left if last else piece):
            return True
        if last:
            return False
        observer.look(strand)
