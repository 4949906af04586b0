"""What the primitives and the two runtimes behind them share: strands, waits, and who is in charge."""

from __future__ import annotations

import _thread
import enum
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import weakref
    from types import CodeType

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

    @property
    def _ref(self) -> weakref.ReferenceType[Any]: ...

    def locked(self) -> bool: ...

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""

    def _at_fork_reinit(self) -> None:
        """Make it free, whoever holds it."""


class Waiting:
    """A wait in progress. It is a new object each time, so its identity tells progress from none."""

    __slots__ = ("deadline", "noted", "resource", "serial", "since", "tried")

    def __init__(self, resource: object, deadline: float | None) -> None:
        self.resource = resource
        self.deadline = deadline  # on the real monotonic clock, seconds; None: for ever
        self.since = monotonic()
        self.serial = next(_serials)
        self.tried = 0.0  # when the latest attempt that failed began: nothing before that can wake it
        self.noted = False  # other processes may have read of it


class _Several(enum.Enum):
    SEVERAL = enum.auto()


SEVERAL = _Several.SEVERAL  # in `Strand.only`: look into `Strand.more`


class Strand:
    """One thread's life: the locks it holds, and what it waits for.

    A thread identifier is used again as soon as its thread has ended; a strand never is.

    Almost always a thread holds no lock or one, so that is what the locks' fast paths know: `only` is None
    or the reference of the one lock. With a second lock, and while somebody explores, `only` is `SEVERAL`,
    the references stand in `more`, and the locks take their slow paths. The references are weak: a lock that
    is dropped while it is held goes away, as a real one does.
    """

    __slots__ = (
        "__weakref__", "afterwards", "doomed", "ended", "ident", "lost_at_fork", "more", "name", "only",
        "pending", "repeats", "undivided", "wait",
    )  # fmt: skip

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self.only: weakref.ReferenceType[Any] | _Several | None = None if explorer is None else SEVERAL
        self.more: list[weakref.ReferenceType[Any]] = []
        self.name: str | None = None  # of the thread, once it has ended
        self.ended = False
        self.lost_at_fork = False  # its thread lives on in the parent process only
        self.doomed = False  # it was told of a deadlock and is unwinding
        self.wait: Waiting | None = None
        self.pending: BaseException | None = None  # raised in the strand at its next wait or slice
        self.repeats = 0  # so many waits more in which it is raised: the thread may catch it, and go on
        self.undivided = 0  # in so many steps that `pending` must not break off
        self.afterwards: Callable[[], None] | None = None  # called once `pending` is on its way

    def __iter__(self) -> Iterator[Lockable]:
        """Go through the locks it holds, the latest last."""
        only = self.only
        references = self.more if only is SEVERAL else () if only is None else (only,)
        for reference in tuple(references):
            lock: Lockable | None = reference()
            if lock is not None and lock._owner is self:
                yield lock

    def hold(self, lock: Lockable, *, waits: bool = True) -> None:
        """Enter a lock that it has just taken; any but the first of several is told to the watcher.

        Not so one for which it would not have waited without limit: such a wait is in no deadlock.
        """
        if self.only is not None:
            self.settle()
        only = self.only
        if only is None:
            self.only = lock._ref
            return
        if waits and watcher is not None and lock._code is not None and (only is not SEVERAL or self.more):
            watcher.ordered(self, lock, lock._code, lock._lasti)
        if only is not SEVERAL:
            self.more.append(only)
            self.only = SEVERAL
        self.more.append(lock._ref)

    def forget(self, lock: Lockable) -> None:
        """Take a lock off the holds, wherever it stands. Any thread may: a lock can be handed over.

        Another thread only removes the one reference, in one step; the form is the strand's own to change.
        """
        if self.only is lock._ref:
            self.only = None
        elif lock._ref in self.more:
            self.more.remove(lock._ref)
            if getattr(here, "strand", None) is self:
                self.settle()

    def settle(self) -> None:
        """Drop what went away, and choose the form for the holds again."""
        if explorer is not None and self.only is SEVERAL:
            return  # the form is right, and `__iter__` passes over what went away
        held = [lock._ref for lock in self]
        if explorer is not None or self.ended or len(held) > 1:
            self.more[:] = held
            self.only = SEVERAL
        else:
            self.more.clear()
            self.only = held[0] if held else None


strands: dict[int, Strand] = {}
"""The living strands by thread identifier."""

here = threading.local()
"""What only the current thread sees: its `strand`, once it has one. A subclass of `local` would be slower."""


class _Life:
    """Dies with the thread whose local data it is, also when nobody else hears of that thread's end."""

    __slots__ = ("_ended", "_is_too_late", "_strand")

    def __init__(self, strand: Strand) -> None:
        self._strand = strand
        # Its own references: at the interpreter's end the module's names are gone, and nobody asks for a strand.
        self._ended = end_strand
        self._is_too_late = sys.is_finalizing

    def __del__(self) -> None:
        if not self._is_too_late():
            self._ended(self._strand)


def current_strand() -> Strand:
    """Return the current thread's strand; it is made on first use."""
    try:
        strand: Strand = here.strand
    except AttributeError:
        return begin_strand()
    return strand


def begin_strand() -> Strand:
    """Give the current, new thread a strand of its own, whoever had its identifier before."""
    ident = get_ident()
    previous = strands.get(ident)
    if previous is not None:
        end_strand(previous)
    here.strand = strands[ident] = strand = Strand(ident)
    here.life = _Life(strand)
    return strand


def end_strand(strand: Strand, name: str | None = None, _strands: dict[int, Strand] = strands) -> None:
    """The thread is over: what it still holds nobody will give back."""
    strand.name = strand.name or name
    strand.ended = True
    if strand.only is not SEVERAL:
        strand.settle()
    if _strands.get(strand.ident) is strand:
        del _strands[strand.ident]
    if getattr(here, "strand", None) is strand:
        del here.strand  # what still runs in the thread is somebody else


class Watcher(Protocol):
    """The watched runtime: it looks when a slice of a wait has ended."""

    def slice_for(self, wait: Waiting) -> float:
        """Seconds until the waiter should look (again)."""

    def look(self, strand: Strand) -> None:
        """Nothing moved for a slice. Raises in the caller when it is the victim of a proven knot."""

    def ordered(self, strand: Strand, lock: Lockable, code: CodeType, lasti: int) -> None:
        """`strand` takes `lock` while it holds others."""

    def thread_failed(self, thread: object, error: BaseException, /) -> bool:
        """`thread` dies of `error`. Returns true when nobody else needs to be told."""

    def passed_on(self, giver: Strand, taker: Strand) -> None:
        """What `giver` did before happens before what `taker` does now (start, join, hand-over)."""

    def moved_on(self, wait: Waiting, /) -> None:
        """A wait that other processes may have read of is over."""


class Listener(Protocol):
    """Hears what threads hand over to each other, other than by starting and joining."""

    def gave(self, giver: Strand, through: object) -> None:
        """What `giver` did before happens before what they do who take from the same object later."""

    def took(self, taker: Strand, through: object) -> None:
        """`taker` goes on after what was given."""


class Takeable(Protocol):
    """What is shared with other processes, too: the end of a pipe, or a semaphore of multiprocessing."""

    def is_ready(self, strand: Strand) -> bool:
        """Tell whether `strand` could go on now without waiting."""


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

    def look(self, lock: Lockable) -> None:
        """Announce a question whether `lock` is held, before it is answered."""

    def start(self, thread: object, launch: Callable[[], None]) -> None:
        """Start a `threading.Thread` under control. `launch` is the ordinary start."""

    def join(self, thread: Any, timeout: float | None) -> None: ...

    def is_alive(self, thread: object) -> bool | None:
        """Tell whether a controlled thread lives; None: not one of ours."""

    def queue_put(self, queue: Any) -> None:
        """Announce a put on a SimpleQueue, before it happens."""

    def queue_get(self, queue: Any, timeout: float | None) -> bool:
        """Park until the SimpleQueue has an item for us (true) or time is up."""

    def take(self, resource: Takeable, timeout: float | None) -> bool | None:
        """Park until `resource` is ready (true; the caller then takes what there is, at once) or time is up.

        None: other processes may have a hand in it. It cannot be explored, only waited for.
        """

    def give(self, resource: Takeable) -> None:
        """Announce that `resource` is given back, before it happens."""

    def sleep(self, seconds: float) -> None: ...


watcher: Watcher | None = None
explorer: Explorer | None = None
listener: Listener | None = None
listening: list[Callable[[bool], None]] = []
"""Called with True when somebody begins to listen, and with False when nobody does any more."""


def gave(through: object) -> None:
    """Tell whoever listens that the current thread hands something over."""
    if listener is not None:
        listener.gave(current_strand(), through)


def took(through: object) -> None:
    """Tell whoever listens that the current thread goes on after what was handed over."""
    if listener is not None:
        listener.took(current_strand(), through)


def watch_with(new: Watcher | None) -> None:
    """Put a watched runtime behind the primitives, or none."""
    global watcher  # noqa: PLW0603  (the one slot that every primitive reads)
    watcher = new


switches: list[Callable[[bool], None]] = []
"""Called with True when an exploration begins and with False when it has ended."""


def explore_with(new: Explorer | None) -> None:
    """Put an explored runtime behind the primitives, or none."""
    global explorer  # noqa: PLW0603
    stays = (explorer is None) == (new is None)
    explorer = new
    if stays:
        return  # the next execution of the same exploration
    for switch in switches:
        switch(new is not None)
    for strand in list(strands.values()):
        strand.settle()


_limit: Callable[[float], float] | None = None


def limit_with(new: Callable[[float], float] | None) -> None:
    """Have `new` asked how many seconds a wait with a time limit really may take, or nobody."""
    global _limit  # noqa: PLW0603
    _limit = new


def exploring() -> Explorer | None:
    """Return the exploration that controls the current thread, or None."""
    return explorer if explorer is not None and explorer.controls() else None


def raise_pending(strand: Strand) -> None:
    """Raise what the watcher has in store for `strand`, the current one, if anything."""
    error = strand.pending
    if error is None or strand.undivided:
        return
    if strand.repeats:
        strand.repeats -= 1
    else:
        strand.pending = None
    strand.doomed = True
    then, strand.afterwards = strand.afterwards, None
    if then is not None:
        then()
    raise error


class undivided:  # noqa: N801 - used like a function
    """A step that is done as a whole, though the thread is to be broken off: it is told at its next wait after it.

    Who breaks off in the middle of asking the fork server for a child ends the server (multiprocessing.forkserver:
    `recvfds` raises EOFError), and so the tests that come later.
    """

    __slots__ = ("_strand",)

    def __enter__(self) -> None:
        self._strand = current_strand()
        self._strand.undivided += 1

    def __exit__(self, *_: object) -> None:
        self._strand.undivided -= 1


def block(resource: object, attempt: Attempt, timeout: float | None) -> bool:
    """Wait for `resource` by `attempt`, in slices while somebody watches.

    `timeout` is in seconds, None for ever. Returns whether it was got. What the watcher raises
    (a deadlock's victim is told so) passes through.
    """
    strand = current_strand()
    if timeout is not None and _limit is not None:
        timeout = _limit(timeout)
    deadline = None if timeout is None else monotonic() + timeout
    wait = Waiting(resource, deadline)
    outer, strand.wait = strand.wait, wait  # a signal handler may wait inside a wait
    try:
        raise_pending(strand)
        return _in_slices(strand, wait, attempt)
    finally:
        strand.wait = outer
        if wait.noted and watcher is not None:
            watcher.moved_on(wait)


def _in_slices(strand: Strand, wait: Waiting, attempt: Attempt) -> bool:
    while True:
        observer = watcher
        left = FOREVER if wait.deadline is None else max(0.0, wait.deadline - monotonic())
        if observer is None:
            return attempt(left)
        piece = observer.slice_for(wait)
        last = wait.deadline is not None and left <= piece
        began = monotonic()
        if attempt(left if last else piece):
            return True
        if last:
            return False
        wait.tried = began
        observer.look(strand)
