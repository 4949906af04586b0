"""Makes a failing schedule small: drops switches for as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable

from pytest_sensei.explore.scheduler import Switch
from pytest_sensei.primitives.runtime import monotonic

Switches = tuple[Switch, ...]
Try = Callable[[Switches], "Switches | None"]
"""Run a schedule. Returns the switches that were really made when it fails as before, else None."""

ATTEMPTS = 300
EXTRA_SECONDS = 1.0  # on top of the time that the search had


def shrink(switches: Switches, attempt: Try, deadline: float) -> Switches:
    """Return a schedule with no switch that it could do without."""
    left = ATTEMPTS
    until = max(deadline, monotonic()) + EXTRA_SECONDS
    size = max(len(switches) // 2, 1)
    while size:
        position = 0
        while position < len(switches):
            if left <= 0 or monotonic() > until:
                return switches
            left -= 1
            smaller = attempt(switches[:position] + switches[position + size :])
            if smaller is not None and len(smaller) < len(switches):
                switches = smaller
            else:
                position += size
        size //= 2
    return switches
