"""`Lock` and `RLock` that know their owner, at a few times the price of the raw ones."""

from __future__ import annotations

import _thread
from sys import _getframe
from types import CodeType, TracebackType
from typing import NoReturn

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.runtime import Explorer, Strand, get_ident, strands

raw_lock = _thread.allocate_lock
raw_rlock = _thread.RLock

explorer: Explorer | None = None  # set by runtime.explore_with
_FOREVER = -1  # compared by identity: a small integer is one object; anything else takes the slow path


def _validate(blocking: bool, timeout: float) -> None:
    """Raise what the real lock raises for these arguments, by asking a free one."""
    raw_lock().acquire(blocking, timeout)


class Lock:
    """A lock as `threading.Lock`, that records who took it and where.

    Taking and giving back without contention costs no more than a few attribute stores: the frame is
    kept as (code, instruction) and becomes a line only when somebody asks.
    """

    __slots__ = ("__weakref__", "_code", "_free", "_lasti", "_made", "_owner", "_raw", "_try")
    _kind = "_thread.lock"

    def __init__(self) -> None:
        self._raw = raw = raw_lock()
        self._try = raw.acquire
        self._free = raw.release
        self._owner: Strand | None = None
        self._code: CodeType | None = None
        self._lasti = -1
        frame = _getframe(1)
        self._made = (frame.f_code, frame.f_lasti)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see `threading.Lock.acquire`."""
        if timeout is _FOREVER and explorer is None and self._try(False):
            self._owner = strand = strands[get_ident()]
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            if strand:
                self._nested(strand)
            strand.append(self)
            return True
        return self._acquire_slowly(blocking, timeout)

    def __enter__(self) -> bool:
        if explorer is None and self._try(False):
            self._owner = strand = strands[get_ident()]
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            if strand:
                self._nested(strand)
            strand.append(self)
            return True
        return self._acquire_slowly(True, -1)

    def release(self) -> None:
        """Give the lock back; see `threading.Lock.release`."""
        strand = self._owner
        if explorer is None and strand and strand[-1] is self:
            self._owner = None  # before the raw release: nobody ever sees a stale owner
            strand.pop()
            self._free()
        else:
            self._release_slowly()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        strand = self._owner
        if explorer is None and strand and strand[-1] is self:
            self._owner = None
            strand.pop()
            self._free()
        else:
            self._release_slowly()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        return self._raw.locked()

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""
        return not self._raw.locked()

    def _acquire_slowly(self, blocking: bool, timeout: float) -> bool:
        if timeout != -1 or not isinstance(timeout, int):
            _validate(blocking, timeout)
        seconds = 0.0 if not blocking else None if timeout == -1 else float(timeout)
        frame = _getframe(2)
        if not self._obtain(seconds):
            return False
        self._took(current := strands[get_ident()], frame.f_code, frame.f_lasti)
        current.append(self)
        return True

    def _obtain(self, seconds: float | None) -> bool:
        exploring = runtime.exploring()
        if exploring is not None:
            return exploring.acquire(self, seconds) and self._try(False)
        if self._try(False):
            return True
        if seconds == 0:
            return False
        return runtime.block(self, self._attempt, seconds)

    def _attempt(self, seconds: float) -> bool:
        return self._try(True, seconds)

    def _took(self, strand: Strand, code: CodeType, lasti: int) -> None:
        self._owner = strand
        self._code = code
        self._lasti = lasti
        if strand:
            self._nested(strand)

    def _nested(self, strand: Strand) -> None:
        if runtime.watcher is not None and self._code is not None:
            runtime.watcher.ordered(strand, self, self._code, self._lasti)

    def _release_slowly(self) -> None:
        """Release in any case but the plain one: explored, by another thread, or out of order."""
        exploring = runtime.exploring()
        if exploring is not None and not exploring.release(self):
            return
        strand = self._owner
        if strand is None and not self._raw.locked() and current_is_unwinding():
            return  # a victim's `with` gives back what its wait could not take again
        self._owner = None
        if strand is not None:
            _forget(strand, self)
            _handed_over(strand)
        self._free()

    def _is_owned(self) -> bool:
        # threading.Condition asks a plain lock this way: "locked by anybody" is its answer
        return self._raw.locked()

    def _at_fork_reinit(self) -> None:
        if self._owner is not None:
            _forget(self._owner, self)
            self._owner = None
        self._raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr(self._raw).replace(f"at {id(self._raw):#x}", f"at {id(self):#x}")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"cannot pickle '{self._kind}' object")


class RLock:
    """A reentrant lock as `threading.RLock`, that records who took it first and where."""

    __slots__ = ("__weakref__", "_code", "_count", "_free", "_lasti", "_made", "_owner", "_raw", "_try")
    _kind = "_thread.RLock"

    def __init__(self) -> None:
        self._raw = raw = raw_rlock()
        self._try = raw.acquire
        self._free = raw.release
        self._owner: Strand | None = None
        self._count = 0
        self._code: CodeType | None = None
        self._lasti = -1
        frame = _getframe(1)
        self._made = (frame.f_code, frame.f_lasti)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, once more if it is ours; see `threading.RLock.acquire`."""
        if timeout is _FOREVER and explorer is None and self._try(False):
            strand = strands[get_ident()]
            if self._owner is strand:
                self._count += 1
                return True
            self._owner = strand
            self._count = 1
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            if strand:
                self._nested(strand)
            strand.append(self)
            return True
        return self._acquire_slowly(blocking, timeout)

    def __enter__(self) -> bool:
        if explorer is None and self._try(False):
            strand = strands[get_ident()]
            if self._owner is strand:
                self._count += 1
                return True
            self._owner = strand
            self._count = 1
            frame = _getframe(1)
            self._code = frame.f_code
            self._lasti = frame.f_lasti
            if strand:
                self._nested(strand)
            strand.append(self)
            return True
        return self._acquire_slowly(True, -1)

    def release(self) -> None:
        """Give it back once; see `threading.RLock.release`."""
        strand = self._owner
        if explorer is None and self._count == 1 and strand and strand[-1] is self:
            if strand.ident == get_ident():
                self._owner = None
                self._count = 0
                strand.pop()
            self._free()
        else:
            self._release_slowly()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        strand = self._owner
        if explorer is None and self._count == 1 and strand and strand[-1] is self:
            if strand.ident == get_ident():
                self._owner = None
                self._count = 0
                strand.pop()
            self._free()
        else:
            self._release_slowly()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        return self._owner is not None

    def available_to(self, strand: Strand) -> bool:
        """Tell whether `strand` could take it now without waiting."""
        return self._owner is None or self._owner is strand

    def _acquire_slowly(self, blocking: bool, timeout: float) -> bool:
        if timeout != -1 or not isinstance(timeout, int):
            _validate(blocking, timeout)
        seconds = 0.0 if not blocking else None if timeout == -1 else float(timeout)
        frame = _getframe(2)
        if not self._obtain(seconds):
            return False
        self._took(frame.f_code, frame.f_lasti, 1)
        return True

    def _obtain(self, seconds: float | None) -> bool:
        exploring = runtime.exploring()
        if exploring is not None and self._owner is not strands[get_ident()]:
            return exploring.acquire(self, seconds) and self._try(False)
        if self._try(False):
            return True
        if seconds == 0:
            return False
        return runtime.block(self, self._attempt, seconds)

    def _attempt(self, seconds: float) -> bool:
        return self._try(True, seconds)

    def _took(self, code: CodeType, lasti: int, count: int) -> None:
        strand = strands[get_ident()]
        if self._owner is strand:
            self._count += count
            return
        self._owner = strand
        self._count = count
        self._code = code
        self._lasti = lasti
        if strand:
            self._nested(strand)
        strand.append(self)

    def _nested(self, strand: Strand) -> None:
        if runtime.watcher is not None and self._code is not None:
            runtime.watcher.ordered(strand, self, self._code, self._lasti)

    def _release_slowly(self) -> None:
        strand = strands[get_ident()]
        if self._owner is not strand:
            if not current_is_unwinding():
                self._free()  # raises as the real one does
            return
        if self._count > 1:
            self._count -= 1
            self._free()
            return
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.release(self)
        self._owner = None
        self._count = 0
        _forget(strand, self)
        self._free()

    def _is_owned(self) -> bool:
        return self._raw._is_owned()

    def _recursion_count(self) -> int:
        return self._count if self._raw._is_owned() else 0

    def _release_save(self) -> tuple[int, CodeType | None, int]:
        """Give it back however often it was taken: `threading.Condition.wait` does, and takes it again."""
        if self._owner is not strands[get_ident()]:
            self._free()  # raises as the real one does
        exploring = runtime.exploring()
        if exploring is not None:
            exploring.release(self)
        state = (self._count, self._code, self._lasti)
        self._owner = None
        self._count = 0
        _forget(strands[get_ident()], self)
        self._raw._release_save()  # type: ignore[attr-defined]
        return state

    def _acquire_restore(self, state: tuple[int, CodeType | None, int]) -> None:
        count, code, lasti = state
        self._obtain(None)
        for _ in range(count - 1):
            self._try(False)
        frame = _getframe(1)
        self._took(code or frame.f_code, lasti if code else frame.f_lasti, count)

    def _at_fork_reinit(self) -> None:
        if self._owner is not None:
            _forget(self._owner, self)
            self._owner = None
        self._count = 0
        self._raw._at_fork_reinit()  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return repr(self._raw).replace(f"at {id(self._raw):#x}", f"at {id(self):#x}")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"cannot pickle '{self._kind}' object")


def _forget(strand: Strand, lock: Lock | RLock) -> None:
    """Take `lock` off the holds of `strand`, wherever it stands."""
    for index in range(len(strand) - 1, -1, -1):
        if strand[index] is lock:
            del strand[index]
            return


def _handed_over(taker: Strand) -> None:
    """A release by another thread than the one that took the lock is a signal to that one."""
    giver = strands[get_ident()]
    if giver is not taker and runtime.watcher is not None:
        runtime.watcher.passed_on(giver, taker)


def current_is_unwinding() -> bool:
    """Tell whether the current thread is the victim of a proven deadlock, on its way out."""
    return strands[get_ident()].doomed
