"""`time.sleep` that can be ended early for a victim, and costs nothing in virtual time."""

from __future__ import annotations

from pytest_sensei.primitives import runtime


class Nap:
    """What a sleeper waits for: nothing but time."""

    __slots__ = ()


NAP = Nap()
SHORT = 0.05  # seconds; a shorter sleep ends by itself before anybody could be told of anything


def sleep(seconds: float, /) -> None:
    """Suspend the calling thread; see `time.sleep`."""
    exploring = runtime.exploring()
    if exploring is not None:
        exploring.sleep(seconds)
    elif runtime.watcher is None or not isinstance(seconds, (int, float)) or not SHORT < seconds < 1e8:
        runtime.real_sleep(seconds)
    else:
        runtime.block(NAP, _attempt, float(seconds))


def _attempt(seconds: float) -> bool:
    runtime.real_sleep(max(0.0, seconds))
    return False
