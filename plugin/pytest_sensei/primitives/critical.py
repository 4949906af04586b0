"""Where an exception from a signal handler would leave a lock locked for ever: in the middle of our own steps.

The real locks are C code, which no handler interrupts. Ours are Python code, and a handler may be called between any
two lines of it: the lock is taken already, and `with` does not know of it yet; or the block is over, and it is not
given back yet.
"""

from __future__ import annotations

import functools
import signal
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import locks, rlocks, runtime, semaphores

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], Any]

_STEPS = {
    method.__code__
    for owner in (locks.Lock, locks.Latch, rlocks.RLock, semaphores.Guard)
    for name in ("acquire", "release", "enter", "__enter__", "__exit__")
    if (method := vars(owner).get(name)) is not None
} | {semaphores.__enter__.__code__, semaphores.__exit__.__code__}
_WAITING = runtime.block.__code__
_OURS = ("pytest_sensei.primitives.", "pytest_sensei.watch.")


def is_in_between(frame: FrameType | None) -> bool:
    """Tell whether a thread is taking a lock, or giving it back; not whether it waits for one."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        if frame.f_code is _WAITING:
            return False
        if frame.f_code in _STEPS:
            return True
        frame = frame.f_back
    return False


MOMENT = 0.001  # seconds


def put_off(handler: Handler) -> Handler:
    """Return a handler of alarms that sets the timer anew, for a moment later, when one comes at such a place."""

    @functools.wraps(handler)
    def later(number: int, frame: FrameType | None) -> Any:
        __tracebackhide__ = True
        if is_in_between(frame):
            signal.setitimer(signal.ITIMER_REAL, MOMENT)
            return None
        return handler(number, frame)

    return later
