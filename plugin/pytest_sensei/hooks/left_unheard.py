"""Judges the exceptions that the test's processes and jobs ended with: did anybody hear of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.primitives import births, outcomes
from pytest_sensei.watch import deaths, lost_jobs, offspring
from pytest_sensei.watch.places import is_user_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_sensei.diagnosis import Diagnosis
    from pytest_sensei.primitives.births import Birth
    from pytest_sensei.primitives.runtime import Strand
    from pytest_sensei.watch.deaths import Death
    from pytest_sensei.watch.household import Household


class LeftUnheard:
    """Knows the exceptions that may still be heard of, and asks for the others."""

    def __init__(self, root: str | None, household: Household) -> None:
        self._root = root
        self._household = household
        self._deaths: list[Death] = []

    def found(self, concerns: Callable[[int], bool], excused: Callable[[Strand], bool]) -> list[Diagnosis]:
        """Return the exceptions that nobody has heard of; of a living fixture's processes, not yet."""
        heard = {pid for failure in outcomes.failures if failure.taken for pid in failure.workers}
        found = lost_jobs.diagnose(lost_jobs.take_lost(excused), self._root) if outcomes.failures else []
        self._hear()
        mine = [(death, births.known.get(death.pid)) for death in self._deaths]
        lost = [(death, birth) for death, birth in mine if birth is not None and concerns(birth.serial)]
        self._deaths = [death for death, birth in mine if birth is not None and not concerns(birth.serial)]
        told: dict[object, Diagnosis] = {}
        for death, birth in lost:
            if not (death.ended_process and (death.pid in heard or _was_asked(birth))):
                word = offspring.word_of_birth(self._household.root, death.pid)
                told.setdefault((death.error, death.sites[-1:]), deaths.diagnose(death, word, self._root))
        return [*found, *told.values()]

    def forget(self) -> None:
        """What the last test's processes died of while they were ended is no news."""
        self._hear()
        self._deaths = [death for death in self._deaths if death.pid in births.known]

    def _hear(self) -> None:
        if self._household.folder is not None:
            self._deaths.extend(deaths.take_all(self._household.folder))


def _was_asked(birth: Birth) -> bool:
    """Tell whether the user's code was told the exit code: it knows then that something went wrong."""
    return any(is_user_file(code.co_filename) for code in birth.askers)
