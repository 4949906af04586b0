"""An `RLock` that knows its owner; the fast paths as in `locks`."""

from __future__ import annotations

import weakref
from sys import _getframe
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.holding import (
    CONDITION_ENTER,
    current_is_unwinding,
    place_of,
    raw_rlock,
    real_rlock,
    repr_as,
    seconds_of,
)
from pytest_sensei.primitives.runtime import Strand, current_strand, get_ident, here

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


class RLock:
    """A reentrant lock as `threading.RLock`, that records who took it first and where.

    `_count` belongs to whoever has the raw lock. It may be read once the raw lock was got: not zero means
    that it was ours before. That holds too when a signal handler or a finalizer comes in between.
    """

    __module__ = "threading"  # where the class is found by its name: multiprocessing pickles it so
    __slots__ = ("__weakref__", "_code", "_count", "_lasti", "_made", "_owner", "_raw", "_ref", "_try")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # what the real one thinks of arguments differs from version to version
        self._raw: Any = raw_rlock() if not (args or kwargs) else real_rlock(*args, **kwargs)
        self._try = self._raw.acquire
        self._ref: weakref.ReferenceType[Any] = weakref.ref(self)
        self._owner: Strand | None = None
        self._count = 0
        self._code: CodeType | None = None
        self._lasti = -1
        frame = _getframe(1)
        self._made = (frame.f_code, frame.f_lasti)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # so that isinstance(lock, _thread.RLock) holds; a subclass stays what it is
        return raw_rlock if type(self) is RLock else type(self)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, once more if it is ours; see `threading.RLock.acquire`."""
        if timeout is _unlimited and self._try(*(False,)):
            if self._count:
                self._count += 1
                return True
            try:
                strand = here.strand
            except AttributeError:
                strand = current_strand()
            self._count = 1
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
                    self._count = 0
                    self._raw.release()
                    raise
            return True
        return self._acquire_slowly(blocking, timeout)

    def __enter__(self) -> bool:
        if _fast and self._try(*(False,)):
            if self._count:
                self._count += 1
                return True
            try:
                strand = here.strand
            except AttributeError:
                strand = current_strand()
            self._count = 1
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
                    self._count = 0
                    self._raw.release()
                    raise
            return True
        return self._acquire_slowly(True, -1)

    def release(self) -> None:
        """Give it back once; see `threading.RLock.release`."""
        strand = self._owner
        if (
            self._count == 1
            and strand is not None
            and strand.only is self._ref
            and strand.ident == get_ident()
        ):
            self._owner = None
            self._count = 0
            strand.only = None
            self._raw.release()
        else:
            self._release_slowly()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        strand = self._owner
        if (
            self._count == 1
            and strand is not None
            and strand.only is self._ref
            and strand.ident == get_ident()
        ):
            self._owner = None
            self._count = 0
            strand.only = None
            self._raw.release()
        else:
            self._release_slowly()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.look(self)
        return self._owner is not None

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""
        return self._owner is None or self._owner is strand

    def _acquire_slowly(self, blocking: bool, timeout: float) -> bool:
        seconds = seconds_of(blocking=blocking, timeout=timeout)
        if not self._obtain(seconds):
            return False
        if self._count:
            self._count += 1
        else:
            self._took(*place_of(_getframe(2)), 1, waits=seconds is None)
        return True

    def _obtain(self, seconds: float | None) -> bool:
        exploring = runtime.exploring()
        if exploring is not None and not self._raw._is_owned():
            return exploring.acquire(self, seconds) and self._attempt(0)
        if self._try(*(False,)):
            return True
        if seconds == 0:
            return False
        return runtime.block(self, self._attempt, seconds)

    def _attempt(self, seconds: float) -> bool:
        taken: bool = self._try(True, seconds)
        return taken

    def _took(self, code: CodeType, lasti: int, count: int, *, waits: bool = True) -> None:
        strand = current_strand()
        self._count = count
        self._code = code
        self._lasti = lasti
        self._owner = strand
        strand.hold(self, waits=waits)

    def _gives(self) -> None:
        """Strike out the owner: the raw lock is about to be given back."""
        strand = self._owner
        self._owner = None
        self._count = 0
        if strand is not None:
            strand.forget(self)

    def _release_slowly(self) -> None:
        if not self._raw._is_owned():
            if not current_is_unwinding():
                self._raw.release()  # raises as the real one does
            return
        if self._count > 1:
            self._count -= 1
            self._raw.release()
            return
        exploring = runtime.exploring()
        if exploring is not None and not exploring.release(self):
            return
        self._gives()
        self._raw.release()

    def _is_owned(self) -> bool:
        owned: bool = self._raw._is_owned()
        return owned

    def _recursion_count(self) -> int:
        return self._count if self._raw._is_owned() else 0

    def _release_save(self) -> tuple[int, CodeType | None, int]:
        """Give it back however often it was taken: `threading.Condition.wait` does, and takes it again."""
        if not self._raw._is_owned():
            self._raw.release()  # raises as the real one does
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.release(self)
        state = (self._count, self._code, self._lasti)
        self._gives()
        self._raw._release_save()
        return state

    def _acquire_restore(self, state: tuple[int, CodeType | None, int]) -> None:
        count, code, lasti = state
        self._obtain(None)
        for _ in range(count - 1):
            self._try(*(False,))
        if code is None:
            code, lasti = place_of(_getframe(1))
        self._took(code, lasti, count)

    def _at_fork_reinit(self) -> None:
        self._gives()
        self._raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr_as(self._raw, self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._raw.__reduce_ex__(protocol)  # raises
