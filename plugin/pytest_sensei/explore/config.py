"""What an exploration may cost, and how it goes about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_sensei.explore.scheduler import Switch

StrategyName = Literal["auto", "dpor", "bounded", "pos", "pct", "random"]


@dataclass(frozen=True, slots=True)
class ExploreConfig:
    """What one exploration may cost, and how it goes about it."""

    max_schedules: int = 3000
    max_seconds: float = 10.0  # of real time
    preemptions: int | None = None  # at most so many switches away from a task that could go on
    strategy: StrategyName = "auto"
    timeouts: Literal["late", "any"] = "late"  # "any": a timed wait may also end early
    max_steps: int = 20_000
    root: str | None = None
    seed: int = 1
    quiet: bool = False  # only the execution that is reported prints
    lasting_ids: bool = False  # `id` depends on the program alone; tried by itself when nothing else helps
    restoring: bool = (
        True  # what outlives an execution is put back before the next; given up as a last resort
    )
    first: tuple[Switch, ...] | None = None  # tried before all others: what failed the last time
    only: tuple[Switch, ...] | None = None  # replay this, and nothing else
