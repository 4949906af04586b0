"""How many schedules until a bug shows, how many until all are done, and how fast they run."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import patching

sys.path.insert(0, str(Path(__file__).parent))
patching.install()

import kernels  # noqa: E402  (must be imported with our primitives in place)
from pytest_sensei.explore.environment import held_still  # noqa: E402
from pytest_sensei.explore.exploring import Exploration, ExploreConfig, Outcome, explore_test  # noqa: E402
from pytest_sensei.explore.portfolio import Portfolio  # noqa: E402
from pytest_sensei.explore.task import Pool  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = 10


def first_failures(kernel: kernels.Kernel, strategy: str = "auto") -> list[int]:
    """Return the number of the first failing schedule, by seed; 0 where none failed."""
    found = []
    for seed in range(1, SEEDS + 1):
        config = ExploreConfig(seed=seed, max_seconds=5, strategy=strategy)  # type: ignore[arg-type]
        result = explore_test(kernel.body, config, [kernels])
        found.append(result.number or 10**6)
    return found


def search_to_the_end(kernel: kernels.Kernel) -> tuple[int, bool, float, float]:
    """Run all schedules, failing or not. Returns how many, whether that is all, CPU seconds and seconds."""
    pool = Pool()
    config = ExploreConfig(max_schedules=20_000, max_seconds=10)
    with held_still([kernels]) as world:
        exploration = Exploration(world, kernel.body, config, pool)
        portfolio = Portfolio(config)
        cpu, started = time.process_time(), time.perf_counter()
        for _ in exploration.executions_of(portfolio):
            pass
        spent = time.process_time() - cpu, time.perf_counter() - started
        pool.close()
    return exploration.executions, portfolio.exhausted, *spent


def verdict(kernel: kernels.Kernel) -> str:
    result = explore_test(kernel.body, ExploreConfig(), [kernels])
    right = (result.outcome is Outcome.FAILED) == kernel.buggy
    kind = result.diagnosis.kind.value if result.diagnosis else result.outcome.value
    return kind if right else f"WRONG: {kind}"


def main(write: Callable[[str], object] = print) -> None:
    write(f"Python {sys.version.split()[0]}; first failure: median over {SEEDS} seeds\n")
    write(f"{'kernel':30} {'first':>6} {'all':>7} {'per CPU s':>9} {'seconds':>8}  verdict")
    for kernel in kernels.KERNELS:
        first = f"{statistics.median(first_failures(kernel)):.0f}" if kernel.buggy else "-"
        executions, complete, cpu, seconds = search_to_the_end(kernel)
        number = f"{executions}" if complete else f"> {executions}"
        write(
            f"{kernel.name:30} {first:>6} {number:>7} {executions / cpu:9.0f} {seconds:8.2f}  {verdict(kernel)}"
        )


if __name__ == "__main__":
    main()
