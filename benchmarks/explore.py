"""How many schedules until a bug shows, how many until all are done, and how fast they run."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import patching

sys.path.insert(0, str(Path(__file__).parent))
patching.install()

import kernels  # noqa: E402  (must be imported with our primitives in place)
from pytest_sensei.explore.config import ExploreConfig  # noqa: E402
from pytest_sensei.explore.environment import held_still  # noqa: E402
from pytest_sensei.explore.exploring import Exploration, Outcome, explore_test  # noqa: E402
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


def by_peer(peer: str, python: str, kernel: kernels.Kernel) -> str:
    """Say in a few words what another explorer makes of a kernel: schedules, verdict, schedules per CPU second."""
    script = str(Path(__file__).with_name("explore_peers.py"))
    command = [python, script, peer, kernel.name]
    if peer == "frontrun":
        command = [str(Path(python).with_name("frontrun")), *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        answer = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return "hangs"
    except (subprocess.CalledProcessError, IndexError, ValueError):
        return "fails"
    return f"{answer['count']} {answer['verdict']} ({answer['count'] / max(answer['cpu'], 1e-9):.0f}/s)"


def peers_of(python: str) -> list[str]:
    """Return the other explorers that an interpreter has."""
    find = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"
    names = ("frontrun", "interleave_test")
    return [name for name in names if not subprocess.run([python, "-c", find, name], check=False).returncode]


def main(write: Callable[[str], object] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers", default=sys.executable, help="the Python that has frontrun and interleave-test"
    )
    python = parser.parse_args().peers
    peers = peers_of(python)
    write(f"Python {sys.version.split()[0]}; first failure: median over {SEEDS} seeds\n")
    heads = "".join(f"  {peer:>26}" for peer in peers)
    write(f"{'kernel':30} {'first':>6} {'all':>7} {'per CPU s':>9} {'seconds':>8}  {'verdict':14}{heads}")
    for kernel in kernels.KERNELS:
        first = f"{statistics.median(first_failures(kernel)):.0f}" if kernel.buggy else "-"
        executions, complete, cpu, seconds = search_to_the_end(kernel)
        number = f"{executions}" if complete else f"> {executions}"
        others = "".join(f"  {by_peer(peer, python, kernel):>26}" for peer in peers)
        speed = executions / cpu
        write(
            f"{kernel.name:30} {first:>6} {number:>7} {speed:9.0f} {seconds:8.2f}  {verdict(kernel):14}{others}"
        )


if __name__ == "__main__":
    main()
