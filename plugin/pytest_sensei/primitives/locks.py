"""A `Lock` that knows its owner, at less than four times the price of the raw one.

Nothing in the fast paths is there for looks; `benchmarks/primitives.py` measures them. A contended,
timed, nested or explored call takes the slow path. The owner is entered after the raw lock was got and
struck out before it is given back, so that nobody who looks ever sees a stale one.

`self._try(*(False,))` tries without waiting: called with a star, the raw lock need not make a tuple of its
arguments, which `self._try(False)` has it do for 20 nanoseconds.
"""

from __future__ import annotations

import weakref
from _thread import LockType
from sys import _getframe
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.holding import (
    CONDITION_ENTER,
    current_is_unwinding,
    handed_over,
    place_of,
    raw_lock,
    repr_as,
    seconds_of,
)
from pytest_sensei.primitives.rlocks import RLock
from pytest_sensei.primitives.runtime import Strand, current_strand, here

if TYPE_CHECKING:
    from types import CodeType, TracebackType

_fast = True
_unlimited: object = -1  # the very object that `timeout` must be for the fast path: a small integer is one


def _explore(begins: bool) -> None:
    """Send every call the slow way while somebody explores."""
    global _fast, _unlimited  # noqa: PLW0603  (the fast path cannot afford more than a global)
    _fast = not begins
    _unlimited = object() if begins else -1


runtime.switches.append(_explore)


class Lock:
    """A lock as `threading.Lock`, that records who took it and where.

    The place is kept as (code, instruction) and becomes a line only when somebody asks. The frame itself
    is not kept: its local variables would live on with it.
    """

    __module__ = "threading"  # where the class is found by its name: multiprocessing pickles it so
    __slots__ = ("__weakref__", "_code", "_lasti", "_made", "_owner", "_raw", "_ref", "_try")

    def __init__(self) -> None:
        self._raw: Any = raw_lock()
        self._try = self._raw.acquire
        self._ref: weakref.ReferenceType[Any] = weakref.ref(self)
        self._owner: Strand | None = None
        self._code: CodeType | None = None
        self._lasti = -1
        frame = _getframe(1)
        self._made = (frame.f_code, frame.f_lasti)

    def __init_subclass__(cls) -> None:
        if cls.__qualname__ != "Latch":
            raise TypeError("type '_thread.lock' is not an acceptable base type")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # so that isinstance(lock, _thread.LockType) holds
        return LockType

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see `threading.Lock.acquire`."""
        if timeout is _unlimited and self._try(*(False,)):
            try:
                strand = here.strand
            except AttributeError:
                strand = current_strand()
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            self._owner = strand
            if strand.only is None:
                strand.only = self._ref
            else:
                try:
                    strand.hold(self, waits=blocking)
                except BaseException:  # there is no room left for a call, say: nobody would give it back
                    self._owner = None
                    self._raw.release()
                    raise
            return True
        return self._acquire_slowly(blocking, timeout)

    def __enter__(self) -> bool:
        if _fast and self._try(*(False,)):
            try:
                strand = here.strand
            except AttributeError:
                strand = current_strand()
            frame = _getframe(1)
            code = frame.f_code
            if code is CONDITION_ENTER:
                frame = frame.f_back or frame
                code = frame.f_code
            self._code = code
            self._lasti = frame.f_lasti
            self._owner = strand
            if strand.only is None:
                strand.only = self._ref
            else:
                try:
                    strand.hold(self)
                except BaseException:  # there is no room left for a call, say: nobody would give it back
                    self._owner = None
                    self._raw.release()
                    raise
            return True
        return self._acquire_slowly(True, -1)

    def release(self) -> None:
        """Give the lock back; see `threading.Lock.release`."""
        strand = self._owner
        if strand is not None and strand.only is self._ref:
            self._owner = None
            strand.only = None
            self._raw.release()
        else:
            self._release_slowly()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        strand = self._owner
        if strand is not None and strand.only is self._ref:
            self._owner = None
            strand.only = None
            self._raw.release()
        else:
            self._release_slowly()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.look(self)
        locked: bool = self._raw.locked()
        return locked

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""
        return not self._raw.locked()

    def _acquire_slowly(self, blocking: bool, timeout: float) -> bool:
        seconds = seconds_of(blocking=blocking, timeout=timeout)
        if not self._obtain(seconds):
            return False
        self._took(current_strand(), *place_of(_getframe(2)), waits=seconds is None)
        return True

    def _obtain(self, seconds: float | None) -> bool:
        exploring = runtime.exploring()
        if exploring is not None:
            return exploring.acquire(self, seconds) and self._try(*(False,))
        if self._try(*(False,)):
            return True
        if seconds == 0:
            return False
        return runtime.block(self, self._attempt, seconds)

    def _attempt(self, seconds: float) -> bool:
        taken: bool = self._try(True, seconds)
        return taken

    def _took(self, strand: Strand, code: CodeType, lasti: int, *, waits: bool) -> None:
        self._code = code
        self._lasti = lasti
        self._owner = strand
        strand.hold(self, waits=waits)

    def _release_slowly(self) -> None:
        """Release in any case but the plain one: explored, by another thread, or one of several."""
        exploring = runtime.exploring()
        if exploring is not None and not exploring.release(self):
            return
        strand = self._owner
        if strand is None and not self._raw.locked() and current_is_unwinding():
            return  # a victim's `with` gives back what its wait could not take again
        self._owner = None
        try:
            if strand is not None:
                strand.forget(self)
                handed_over(strand)
        finally:
            self._raw.release()

    def _is_owned(self) -> bool:
        # threading.Condition asks a plain lock this way: "locked by anybody" is its answer
        owned: bool = self._raw.locked()
        return owned

    def _release_save(self) -> tuple[CodeType | None, int]:
        # threading.Condition calls it before a wait; who took the lock before has it again afterwards
        state = (self._code, self._lasti)
        self.release()
        return state

    def _acquire_restore(self, state: tuple[CodeType | None, int]) -> None:
        self.acquire()
        self._code, self._lasti = state

    def _at_fork_reinit(self) -> None:
        strand, self._owner = self._owner, None
        if strand is not None:
            strand.forget(self)
        self._raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr_as(self._raw, self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._raw.__reduce_ex__(protocol)  # raises


class Latch(Lock):
    """A lock that one thread takes for another to release: the private one of each wait on a condition.

    It has an owner, but is no hold: it is dropped as it is, locked, as soon as the wait is over.
    """

    __module__ = "_thread"
    __slots__ = ()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see `threading.Lock.acquire`."""
        if timeout is _unlimited and self._try(*(False,)):
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            self._owner = current_strand()
            return True
        return self._acquire_slowly(blocking, timeout)

    def _took(self, strand: Strand, code: CodeType, lasti: int, *, waits: bool) -> None:
        self._code = code
        self._lasti = lasti
        self._owner = strand


__all__ = ["Latch", "Lock", "RLock", "raw_lock"]
