"""Runs one kernel under another explorer, in a process of its own: `explore_peers.py PEER KERNEL`.

Prints a line of JSON: how many schedules until the first failure, CPU seconds, and the verdict.
frontrun must be there before `threading` is used: it is started as `frontrun python explore_peers.py ...`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from kernels import KERNELS, Kernel

SECONDS = 5  # of real time for one exploration


def with_frontrun(kernel: Kernel) -> tuple[int, str]:
    import frontrun

    workers: list[Any] = [
        lambda program, index=index: program[0][index]() for index in range(len(kernel.make()[0]))
    ]
    result = frontrun.explore(
        setup=kernel.make,
        workers=workers,
        invariant=lambda program: program[1](),
        clock="virtual",
        total_timeout=SECONDS,
    )
    verdict = {True: "passes", False: "bug", None: "inconclusive"}[result.property_holds]
    return result.num_explored, verdict


def with_interleave_test(kernel: Kernel) -> tuple[int, str]:
    import interleave_test

    result = interleave_test.explore(
        kernel.body, iterations=1000, seed=1, strategy="pct", timeout=SECONDS, raise_on_failure=False
    )
    return result.schedules_run, "passes" if result.ok else "bug"


PEERS = {"frontrun": with_frontrun, "interleave_test": with_interleave_test}


def main() -> None:
    peer, name = sys.argv[1:]
    kernel = next(kernel for kernel in KERNELS if kernel.name == name)
    started = time.process_time()
    count, verdict = PEERS[peer](kernel)
    print(json.dumps({"count": count, "verdict": verdict, "cpu": time.process_time() - started}))


if __name__ == "__main__":
    main()
