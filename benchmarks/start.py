"""What the plugin adds to the start of a run: CPU time of pytest on one empty test, with and without it.

    python benchmarks/start.py [PYTHON ...]

Give the interpreters of environments with other versions of the plugin to compare them in one run. An installed
wheel and an editable installation differ: pytest looks at each file of an installed plugin.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 15
WITHOUT = ("-p", "no:sensei")


def main() -> None:
    pythons = sys.argv[1:] or [sys.executable]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
        runs = [(python, options) for python in pythons for options in ((), WITHOUT)]
        seconds: dict[tuple[str, tuple[str, ...]], list[float]] = {each: [] for each in runs}
        for _ in range(1 + RUNS):  # the first writes byte code, and is not counted
            for python, options in runs:  # in turn, so that a busy moment meets all alike
                seconds[python, options].append(cpu_seconds(python, options, folder, environment))
    for python in pythons:
        with_it, without = (statistics.median(seconds[python, options][1:]) for options in ((), WITHOUT))
        print(f"{python}: {with_it:.3f} s, without {without:.3f} s, ratio {with_it / without:.2f}")


def cpu_seconds(python: str, options: tuple[str, ...], folder: str, environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
