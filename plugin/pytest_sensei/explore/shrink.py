"""Makes a failing schedule small: drops switches for as long as it fails in the same way."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from pytest_sensei.explore.scheduler import Switch
from pytest_sensei.primitives.runtime import monotonic

Switches = tuple[Switch, ...]
Try = Callable[[Switches], "Switches | None"]
"""Run a schedule. Returns the switches that were really made when it fails as before, else None."""

ATTEMPTS = 300
FEW = 6  # switches of which all combinations are tried
EXTRA_SECONDS = 1.0  # on top of the time that the search had


def shrink(switches: Switches, attempt: Try, deadline: float) -> Switches:
    """Return a schedule with no switch that it could do without."""
    trial = _Trial(attempt, max(deadline, monotonic()) + EXTRA_SECONDS)
    size = len(switches) // 2
    while size and len(switches) > FEW:
        switches = _without_pieces(switches, size, trial)
        size //= 2
    return _fewest(switches, trial) if len(switches) <= FEW else switches


class _Trial:
    """Runs schedules as long as there is time."""

    def __init__(self, attempt: Try, until: float) -> None:
        self._attempt = attempt
        self._until = until
        self._left = ATTEMPTS

    def smaller(self, switches: Switches, than: int) -> Switches | None:
        """Return what was really switched when this fails as before with fewer switches than that."""
        if self._left <= 0 or monotonic() > self._until:
            return None
        self._left -= 1
        found = self._attempt(switches)
        return found if found is not None and len(found) < than else None


def _without_pieces(switches: Switches, size: int, trial: _Trial) -> Switches:
    """Drop pieces of so many switches, one after the other, wherever it fails all the same."""
    position = 0
    while position < len(switches):
        smaller = trial.smaller(switches[:position] + switches[position + size :], len(switches))
        if smaller is None:
            position += size
        else:
            switches = smaller
    return switches


def _fewest(switches: Switches, trial: _Trial) -> Switches:
    """Return the smallest part of the switches that is enough."""
    for size in range(len(switches)):
        for part in itertools.combinations(switches, size):
            smaller = trial.smaller(part, len(switches))
            if smaller is not None:
                return smaller
    return switches
