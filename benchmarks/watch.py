"""What watching costs and how soon a deadlock is told, beside what one has without the plugin.

    python benchmarks/watch.py [latency] [suite] [startup]

Latency: from the moment the last of two threads begins to wait until the test has failed, measured inside
the test's own process, over many runs; beside pytest-timeout and faulthandler with a limit of one second.
Suite: wall time of 2,000 tests without findings, with and without the plugin, in turn. Start-up: `pytest
--version`, likewise. Ratios are of medians over pairs in the same run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

ABBA = """
import threading, pytest

@pytest.mark.parametrize("n", range({count}))
def test_abba(n):
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    def work(first, second):
        with first:
            both.wait()
            with second:
                pass
    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in ((a, b), (b, a))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

SUITE = """
import queue, threading, pytest

@pytest.mark.parametrize("n", range(1000))
def test_plain(n):
    assert sum(range(n)) == n * (n - 1) // 2

@pytest.mark.parametrize("n", range(500))
def test_locks(n):
    lock, total = threading.Lock(), []
    for number in range(200):
        with lock:
            total.append(number)
    assert len(total) == 200

@pytest.mark.parametrize("n", range(500))
def test_threads(n):
    orders, done = queue.Queue(), []
    def worker():
        while (order := orders.get()) is not None:
            done.append(order)
    thread = threading.Thread(target=worker)
    thread.start()
    for order in range(20):
        orders.put(order)
    orders.put(None)
    thread.join()
    assert len(done) == 20
"""


def pytest_command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", str(folder), *options]


def seconds_of(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def write(folder: Path, source: str) -> Path:
    folder.mkdir()
    (folder / "test_it.py").write_text(textwrap.dedent(source))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def latency(work: Path) -> None:
    """Print how long a deadlock stands before it is told."""
    folder, report = write(work / "abba", ABBA.format(count=50)), work / "report.jsonl"
    subprocess.run(
        pytest_command(folder, f"--sensei-report={report}"), stdout=subprocess.DEVNULL, check=False
    )
    times = sorted(json.loads(line)["latency_ms"] for line in report.read_text().splitlines())
    print("latency of an AB-BA deadlock, ms             median     max    told")
    told = f"{len(times)} of 50"
    print(f"  {'pytest-sensei':<41} {statistics.median(times):7.0f} {times[-1]:7.0f}   {told}")
    single = write(work / "single", ABBA.format(count=1))
    empty = write(work / "empty", "def test_it(): pass")
    for name, options in (
        ("pytest-timeout --timeout=1", ("-p", "no:sensei", "--timeout=1")),
        (
            "faulthandler_timeout=1 (ends by --timeout=2)",
            ("-p", "no:sensei", "-o", "faulthandler_timeout=1", "--timeout=2"),
        ),
    ):
        base = statistics.median(seconds_of(pytest_command(empty, *options)) for _ in range(3))
        runs = [(seconds_of(pytest_command(single, *options)) - base) * 1000 for _ in range(5)]
        print(f"  {name:<41} {statistics.median(runs):7.0f} {max(runs):7.0f}   stacks only")


def paired(label: str, plain: list[str], watched: list[str], rounds: int) -> None:
    """Run two commands in turn and print the median of each and of the ratios."""
    seconds_of(plain), seconds_of(watched)
    pairs = [(seconds_of(plain), seconds_of(watched)) for _ in range(rounds)]
    before, after = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(with_it / without for without, with_it in pairs)
    print(f"{label:<34} without {before:6.2f} s   with {after:6.2f} s   ratio {ratio:5.3f}")


def suite(work: Path) -> None:
    folder = write(work / "suite", SUITE)
    paired(
        "2,000 tests, 500 with threads", pytest_command(folder, "-p", "no:sensei"), pytest_command(folder), 7
    )


def startup(work: Path) -> None:
    os.chdir(work)
    command = [sys.executable, "-m", "pytest", "--version"]
    paired("pytest --version", [*command, "-p", "no:sensei"], command, 11)


PARTS = {"latency": latency, "suite": suite, "startup": startup}


def main(names: list[str]) -> None:
    print(f"Python {sys.version.split()[0]} on {sys.platform}")
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as work:
            PARTS[name](Path(work))


if __name__ == "__main__":
    main(sys.argv[1:])
