"""Locks and semaphores between processes, with a record of which process took one, and where.

`multiprocessing.Lock`, `RLock`, `Semaphore` and `BoundedSemaphore` are one C object with two methods; the
conditions, events, barriers and queues are built on them in Python. We stand in front of the two methods.
"""

from __future__ import annotations

import itertools
import os
import struct
import weakref
from multiprocessing import synchronize
from sys import _getframe
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.runtime import Strand, current_strand, here
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType

RECURSIVE: int = synchronize.RECURSIVE_MUTEX  # type: ignore[attr-defined]

_CONDITION_ENTER = synchronize.Condition.__enter__.__code__
_make_methods = synchronize.SemLock._make_methods  # type: ignore[attr-defined]
_enter = synchronize.SemLock.__enter__
_exit = synchronize.SemLock.__exit__
_numbers = itertools.count(1)


SLOT = struct.Struct("=QQiI")
"""An entry of the book: the semaphore's key, the thread that took it last, how often, and where."""

TAKER_AT, TIMES_AT = 8, 16
pack_taken = struct.Struct("=Qi").pack_into
pack_times = struct.Struct("=i").pack_into


class Book(Protocol):
    """Where a process writes what it holds, for the others to read, even after it was killed."""

    def enter(self, guard: Guard) -> None:
        """The guard was taken at another place than before, or for the first time: give it a page."""


book: Book | None = None
guards: weakref.WeakSet[Guard] = weakref.WeakSet()


def record_in(new: Book | None) -> None:
    """Write down from now on who holds what, beginning with what is held now; None: write nothing."""
    global book  # noqa: PLW0603
    book = new
    for guard in list(guards):
        guard.page = None
        if new is not None and guard.count:
            new.enter(guard)


class Guard:
    """Stands in front of one semaphore in one process: counts what this process took of it."""

    __slots__ = (
        "__weakref__", "code", "count", "inode", "key", "lasti", "lock", "made", "owner", "page", "raw",
        "slot", "try_",
    )  # fmt: skip

    def __init__(self, lock: Any, made: tuple[tuple[CodeType, int], ...]) -> None:
        self.lock = weakref.ref(lock)
        self.raw: Any = lock._semlock
        self.try_ = self.raw.acquire  # without an argument it would wait
        self.key = _key_of(self.raw)
        self.made = made
        self.owner: Strand | None = None  # who took it last and has not given it back
        self.code: CodeType | None = None
        self.lasti = -1
        self.count = 0  # taken by this process, less given back
        self.page: Any = None  # of the book, and where in it, once it has been entered
        self.slot = -1
        self.inode = 0  # of the file it is mapped from, once somebody has looked it up
        guards.add(self)

    @property
    def target(self) -> object:
        """Return the object that the user's code has."""
        return self.lock()

    @property
    def recursive(self) -> bool:
        """Tell whether its holder may take it again, and nobody else may give it back."""
        return bool(self.raw.kind == RECURSIVE)

    @property
    def is_lock(self) -> bool:
        """Tell whether one holder at a time is all it admits."""
        return bool(self.raw.maxvalue == 1)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take it; see `multiprocessing.Lock.acquire`."""
        if runtime.explorer is not None and not self._taken_in_turn(block, timeout):
            return False
        if not self.try_(False) and not self._wait(block, timeout):
            return False
        frame = _getframe(1)
        self.took(frame.f_code, frame.f_lasti)
        return True

    def release(self) -> None:
        """Give it back; see `multiprocessing.Lock.release`."""
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.give(self)
        self.count = count = self.count - 1
        if count <= 0:
            self.owner = None
        if self.page is not None:
            pack_times(self.page, self.slot + TIMES_AT, count)
        elif book is not None:
            book.enter(self)
        try:
            self.raw.release()
        except BaseException:
            self._was_not_given_back()
            raise

    def enter(self, frame: FrameType) -> bool:
        """Take it for a `with` in `frame`."""
        if runtime.explorer is not None:
            self._taken_in_turn(True, None)
        if not self.try_(False):
            self._wait(True, None)
        if frame.f_code is _CONDITION_ENTER and frame.f_back is not None:
            frame = frame.f_back
        self.took(frame.f_code, frame.f_lasti)
        return True

    def took(self, code: CodeType, lasti: int) -> None:
        """Write down that it was taken, here."""
        try:
            strand = here.strand
        except AttributeError:
            strand = current_strand()
        self.owner = strand
        self.count = count = self.count + 1
        if code is self.code and lasti == self.lasti and self.page is not None:
            pack_taken(self.page, self.slot + TAKER_AT, strand.ident, count)
            return
        self.code = code
        self.lasti = lasti
        if book is not None:
            book.enter(self)

    def is_ready(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""
        return not self.raw._is_zero() or (self.recursive and self.owner is strand)

    def _taken_in_turn(self, block: bool, timeout: float | None) -> bool:
        """Have an exploration, if there is one, decide whether and when the current thread may take it."""
        exploring = runtime.exploring()
        if exploring is None:
            return True
        return exploring.take(self, timeout if block else 0.0) is not False

    def _wait(self, block: bool, timeout: float | None) -> bool:
        if not block or (timeout is not None and timeout <= 0):
            return False
        return runtime.block(self, self._attempt, timeout)

    def _attempt(self, seconds: float) -> bool:
        taken: bool = self.try_(True, None if seconds < 0 else seconds)
        return taken

    def _was_not_given_back(self) -> None:
        self.count += 1
        if self.count > 0:
            self.owner = current_strand()
        if book is not None:
            book.enter(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.raw.__reduce_ex__(protocol)  # raises: a method of a semaphore cannot be pickled

    def forget(self) -> None:
        """In a forked child: what the parent holds is not the child's."""
        self.count = 0
        self.owner = None
        self.page = None


def _key_of(raw: Any) -> int:
    """Return a number that is the same in every process that shares the semaphore, and no other's.

    A semaphore without a name is shared by fork alone, which copies the guard with its key.
    """
    if raw.name is not None:
        return crc32(raw.name.encode()) | 1 << 63
    return (os.getpid() & 0x3FFFFF) << 32 | next(_numbers) & 0xFFFFFFFF


def make_methods(self: Any) -> None:
    guard = self._guard = Guard(self, callers(2, 8))
    self.acquire = guard.acquire
    self.release = guard.release


def __enter__(self: Any) -> bool:  # noqa: N807 - stands for the method of that name in tracebacks
    try:
        guard: Guard = self._guard
    except AttributeError:
        return _enter(self)  # made before we were here
    return guard.enter(_getframe(1))


def __exit__(  # noqa: N807
    self: Any, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
) -> None:
    try:
        guard: Guard = self._guard
    except AttributeError:
        return _exit(self, kind, value, trace)
    if current_is_unwinding() and not self._semlock._is_mine():
        return None  # a victim's `with` gives back what its wait could not take again
    return guard.release()


def current_is_unwinding() -> bool:
    """Tell whether the current thread is the victim of a proven deadlock, on its way out."""
    return current_strand().doomed


def forget_holds() -> None:
    """Begin anew in a forked child."""
    global book  # noqa: PLW0603
    book = None
    for guard in list(guards):
        guard.forget()
