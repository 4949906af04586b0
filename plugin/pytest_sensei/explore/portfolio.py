"""Which strategy runs the next schedule, and when all is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.explore.scheduler import Scheduler, Strategy
from pytest_sensei.explore.strategies import Exhaustive

if TYPE_CHECKING:
    from pytest_sensei.explore.exploring import ExploreConfig


class Portfolio:
    """The strategies of an exploration, in turn."""

    def __init__(self, config: ExploreConfig) -> None:
        self._config = config
        self._exhaustive = Exhaustive()

    @property
    def exhausted(self) -> bool:
        """Tell whether each distinct interleaving has been run."""
        return self._exhaustive.search.exhausted

    @property
    def distinct(self) -> int:
        """The number of distinct interleavings so far."""
        return self._exhaustive.search.distinct

    def next(self) -> Strategy:
        """Return who decides in the next execution."""
        return self._exhaustive

    def learn(self, execution: Scheduler) -> None:
        """Take in how an execution went."""
        self._exhaustive.learn(execution)

    def restart(self) -> None:
        """Begin the search again: there are more schedule points now."""
        self._exhaustive = Exhaustive()
