"""What watching processes costs, and how soon a deadlock that goes through them is told.

    python benchmarks/processes.py [latency] [scan] [suite] [calls]

Latency: from the moment the last member begins to wait until the proof, 50 runs of each mistake. Scan: CPU
time of one look at a family of so many idle children. Suite: wall time of a suite that works with many
processes, with and without the plugin, in turn. Calls: the locks and pipes of multiprocessing, CPU time.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = """
import multiprocessing, pytest, threading, time
ctx = multiprocessing.get_context("fork")
RUNS = pytest.mark.parametrize("n", range({count}))
"""

MISTAKES = """
def cross(first, second, both):
    with first:
        both.wait()
        with second:
            pass

@RUNS
def test_abba(n):
    a, b, both = ctx.Lock(), ctx.Lock(), ctx.Barrier(2)
    processes = [ctx.Process(target=cross, args=(*pair, both)) for pair in ((a, b), (b, a))]
    for process in processes: process.start()
    for process in processes: process.join()

def send_one(sender):
    sender.send(1)

@RUNS
def test_missing_eof(n):
    receiver, sender = ctx.Pipe(duplex=False)
    process = ctx.Process(target=send_one, args=(sender,))
    process.start()
    process.join()
    while True:
        receiver.recv()

def fill(results):
    results.put("x" * 300_000)

@RUNS
def test_join_before_drain(n):
    results = ctx.Queue()
    process = ctx.Process(target=fill, args=(results,))
    process.start()
    process.join()

def hold(lock, got):
    lock.acquire()
    got.set()
    time.sleep(60)

@RUNS
def test_killed_holder(n):
    lock, got = ctx.Lock(), ctx.Event()
    process = ctx.Process(target=hold, args=(lock, got))
    process.start()
    got.wait()
    process.kill()
    process.join()
    lock.acquire()

def eat(orders):
    orders.get()

@RUNS
def test_missing_task_done(n):
    orders = ctx.JoinableQueue()
    process = ctx.Process(target=eat, args=(orders,))
    process.start()
    orders.put(1)
    process.join()
    orders.join()
"""

SUITE = """
def answer(connection):
    while (number := connection.recv()) is not None:
        connection.send(number * number)

@pytest.mark.parametrize("n", range(60))
def test_pipe(n):
    mine, theirs = ctx.Pipe()
    process = ctx.Process(target=answer, args=(theirs,))
    process.start()
    for number in range(100):
        mine.send(number)
        assert mine.recv() == number * number
    mine.send(None)
    process.join()

def square(number):
    return number * number

@pytest.mark.parametrize("n", range(10))
def test_pool(n):
    with ctx.Pool(4) as pool:
        assert pool.map(square, range(1000)) == [number * number for number in range(1000)]

def work(orders, results, lock, total):
    for order in iter(orders.get, None):
        with lock:
            total.value += order
        results.put(order)

@pytest.mark.parametrize("n", range(20))
def test_queues(n):
    orders, results, lock, total = ctx.Queue(), ctx.Queue(), ctx.Lock(), ctx.Value("i", 0)
    workers = [ctx.Process(target=work, args=(orders, results, lock, total)) for _ in range(3)]
    for worker in workers: worker.start()
    for order in range(200): orders.put(order)
    for worker in workers: orders.put(None)
    assert sorted(results.get() for _ in range(200)) == list(range(200))
    for worker in workers: worker.join()
    assert total.value == sum(range(200))
"""


def pytest_command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", str(folder), *options]


def write(folder: Path, source: str) -> Path:
    folder.mkdir()
    (folder / "test_it.py").write_text(textwrap.dedent(source))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def latency(work: Path) -> None:
    folder, report = write(work / "mistakes", HEADER.format(count=50) + MISTAKES), work / "report.jsonl"
    subprocess.run(
        pytest_command(folder, f"--sensei-report={report}"), stdout=subprocess.DEVNULL, check=False
    )
    found: dict[str, list[float]] = {}
    for line in report.read_text().splitlines():
        finding = json.loads(line)
        if "latency_ms" in finding:
            name = finding["nodeid"].partition("::test_")[2].partition("[")[0]
            found.setdefault(name, []).append(finding["latency_ms"])
    print("latency, ms                 median     max   told")
    for name, times in found.items():
        print(f"  {name:<24} {statistics.median(times):7.0f} {max(times):7.0f}   {len(times)} of 50")


def scan(work: Path) -> None:
    from pytest_sensei.primitives import patching, runtime
    from pytest_sensei.watch import ledger
    from pytest_sensei.watch.household import Household
    from pytest_sensei.watch.watching import Watching

    patching.install()
    household = Household(None)
    watching = Watching(None, household)
    runtime.watch_with(watching)
    household.open()
    watching.begin(proving=True)
    ctx = multiprocessing.get_context("fork")
    event = ctx.Event()
    children: list[Any] = []
    print("one look at so many idle children, ms CPU")
    for count in (1, 10, 50, 200):
        while len(children) < count:
            children.append(ctx.Process(target=event.wait))
            children[-1].start()
        time.sleep(1.0)  # until all have hung out their notes
        judge = household._judge
        note = judge.tell(ledger.read())
        times = [_cpu(lambda: judge._judged(judge._scene(note))) * 1000 for _ in range(7)]  # noqa: B023
        print(f"  {count:>4} {statistics.median(times):8.2f}")
    event.set()
    for child in children:
        child.join()
    household.close()


def _cpu(function: Callable[[], object]) -> float:
    start = time.thread_time()
    function()
    return time.thread_time() - start


def suite(work: Path) -> None:
    folder = write(work / "suite", HEADER.format(count=1) + SUITE)
    plain, watched = pytest_command(folder, "-p", "no:sensei"), pytest_command(folder)
    seconds_of(plain), seconds_of(watched)
    pairs = [(seconds_of(plain), seconds_of(watched)) for _ in range(7)]
    before, after = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(with_it / without for without, with_it in pairs)
    print(f"90 tests with processes   without {before:6.2f} s   with {after:6.2f} s   ratio {ratio:5.3f}")


def seconds_of(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


CALLS = """
import multiprocessing, sys, time
if {ours}:
    from pytest_sensei.primitives import patching, runtime
    from pytest_sensei.watch.household import Household
    from pytest_sensei.watch.watching import Watching
    patching.install()
    household = Household(None)
    watching = Watching(None, household)
    runtime.watch_with(watching)
    household.open()
    watching.begin(proving=True)
    household._expect_child()
def best(function, count):
    times = []
    for _ in range(7):
        start = time.thread_time()
        for _ in range(count): function()
        times.append((time.thread_time() - start) / count * 1e6)
    return min(times)
lock, reader, writer, event = multiprocessing.Lock(), *multiprocessing.Pipe(False), multiprocessing.Event()
def pair():
    lock.acquire()
    lock.release()
def block():
    with lock: pass
def message():
    writer.send(1)
    reader.recv()
def switch():
    event.set()
    event.clear()
def ends():
    for end in multiprocessing.Pipe(False): end.close()
print(best(pair, 20000), best(block, 20000), best(message, 3000), best(switch, 3000), best(ends, 1000))
if {ours}: household.close()
"""


def calls(work: Path) -> None:
    columns = [
        subprocess.run(
            [sys.executable, "-c", CALLS.format(ours=ours)], capture_output=True, text=True, check=True
        ).stdout.split()
        for ours in (False, True)
    ]
    print("us CPU                       plain   watched")
    names = (
        "acquire and release",
        "with lock",
        "send and recv",
        "event set and clear",
        "a pipe, both ends closed",
    )
    for name, plain, ours in zip(names, *columns, strict=True):
        print(f"  {name:<24} {float(plain):8.2f} {float(ours):8.2f}")


PARTS = {"latency": latency, "scan": scan, "suite": suite, "calls": calls}


def main(names: list[str]) -> None:
    print(f"Python {sys.version.split()[0]} on {sys.platform}, load {os.getloadavg()[0]:.1f}")
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as work:
            PARTS[name](Path(work))


if __name__ == "__main__":
    main(sys.argv[1:])
