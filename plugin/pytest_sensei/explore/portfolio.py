"""Which strategy runs the next schedule, and when all is done."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from pytest_sensei.explore.bounded import Bounded
from pytest_sensei.explore.scheduler import Scheduler, Strategy
from pytest_sensei.explore.strategies import Exhaustive
from pytest_sensei.explore.walks import PartialOrderSampling, PriorityChanges, UniformWalk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_sensei.explore.config import ExploreConfig

SOLO = 3  # schedules of the exhaustive search before others get a turn
MIXED = (
    45  # schedules up to which two of three are random ones: deep bugs show early, small spaces stay cheap
)
SHARE = 0.5  # of the budget for the exhaustive search; what it has not finished by then is too large
GREATEST_BOUND = 3


class Learner(Strategy, Protocol):
    """A strategy that plans its next schedule by how the last one went."""

    def learn(self, scheduler: Scheduler) -> None:
        """Take in how an execution went."""


class Portfolio:
    """The strategies of an exploration, in turn."""

    def __init__(self, config: ExploreConfig) -> None:
        self._config = config
        self._walks: dict[str, Learner] = {
            "pos": PartialOrderSampling(config.seed),
            "pct": PriorityChanges(config.seed),
            "random": UniformWalk(config.seed),
        }
        self._turns = self._names()
        self._count = 0
        self._last: Learner
        self.restart()

    def restart(self) -> None:
        """Begin the searches again: there are more schedule points now."""
        self._exhaustive = Exhaustive()
        self._bounded = Bounded(1 if self._config.preemptions is None else min(1, self._config.preemptions))
        self.bound: int | None = (
            None  # the greatest number of preemptions of which all schedules have been run
        )

    @property
    def exhausted(self) -> bool:
        """Tell whether each distinct interleaving has been run."""
        return self._exhaustive.search.exhausted

    @property
    def finished(self) -> bool:
        """Tell whether there is nothing left to do."""
        limit = self._config.preemptions
        return self.exhausted or (limit is not None and self.bound == limit)

    @property
    def distinct(self) -> int:
        """The number of distinct interleavings so far."""
        return self._exhaustive.search.distinct

    def next(self, spent: float) -> Strategy:
        """Return who decides in the next execution. `spent` is the part of the budget that is gone."""
        self._spent = spent
        self._count += 1
        self._last = self._strategy(next(self._turns))
        return self._last

    def learn(self, execution: Scheduler) -> None:
        """Take in how an execution went."""
        self._last.learn(execution)
        if self._bounded.complete:
            self.bound = self._bounded.bound
            self._bounded = Bounded(self.bound + 1)

    def _strategy(self, name: str) -> Learner:
        if name == "dpor":
            return self._exhaustive
        return self._bounded if name == "bounded" else self._walks[name]

    def _names(self) -> Iterator[str]:
        if self._config.preemptions is not None and self._config.strategy == "auto":
            yield from itertools.repeat("bounded")
        if self._config.strategy != "auto":
            yield from itertools.repeat(self._config.strategy)
        while self._spent < SHARE:
            mixed = SOLO < self._count <= MIXED and self._count % 3
            yield "random" if mixed else "dpor"
        walks = itertools.cycle(("pos", "pct", "random"))
        while True:
            yield next(walks)
            yield "dpor" if self._bounded.bound > GREATEST_BOUND else "bounded"
