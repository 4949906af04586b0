"""What plain and reentrant locks share: checks, places, and what happens beside the raw lock."""

from __future__ import annotations

import _thread
import threading
from typing import TYPE_CHECKING

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.runtime import Strand, current_strand

if TYPE_CHECKING:
    from types import CodeType, FrameType

raw_lock = _thread.allocate_lock
raw_rlock = _thread.RLock
real_rlock = threading.RLock

CONDITION_ENTER = threading.Condition.__enter__.__code__
"""`with condition:` takes the lock inside of this; who wrote the `with` stands one frame further out."""


def seconds_of(*, blocking: bool, timeout: float) -> float | None:
    """Return how long an acquire may wait, None for ever; raise what the real lock raises.

    The real one is asked, by arguments for a free one, except for those that are always right.
    """
    if timeout != -1 or not isinstance(timeout, int):
        raw_lock().acquire(blocking, timeout)
    if not blocking:
        return 0.0
    return None if timeout == -1 else float(timeout)


def place_of(frame: FrameType) -> tuple[CodeType, int]:
    """Return (code, instruction) of who takes a lock."""
    if frame.f_code is CONDITION_ENTER and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def handed_over(taker: Strand) -> None:
    """A release by another thread than the one that took the lock is a signal to that one."""
    if runtime.watcher is not None:
        giver = current_strand()
        if giver is not taker:
            runtime.watcher.passed_on(giver, taker)


def current_is_unwinding() -> bool:
    """Tell whether the current thread is the victim of a proven deadlock, on its way out."""
    return current_strand().doomed


def repr_as(raw: object, lock: object) -> str:
    """Return the raw lock's text, as if it stood where our lock stands."""
    return repr(raw).replace(f"at {id(raw):#x}", f"at {id(lock):#x}")
