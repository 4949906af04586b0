"""Where tasks run: those that wait, and those that compute."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import measured_tasks as tasks
import pytest
from thread_or_process import run

METHODS = multiprocessing.get_all_start_methods()
HAS_AFFINITY = hasattr(os, "sched_getaffinity")
CORES = len(os.sched_getaffinity(0)) if HAS_AFFINITY else os.cpu_count() or 1
FEW = 5  # tasks: so many threads has an executor that is not told a number, on the smallest machine
both_kinds = pytest.mark.parametrize("kind", ["io", "cpu"])


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# Both kinds -------------------------------------------------------------------------------


@both_kinds
def test_results_come_in_order(kind: str) -> None:
    results: list[Any] = [None, 0, "two", [3]]

    assert run([partial(tasks.give, result) for result in results], kind) == results


@both_kinds
def test_no_tasks_have_no_results(kind: str) -> None:
    assert run([], kind) == []


@pytest.mark.parametrize("kind", ["", "CPU", "gpu", None])
def test_other_kinds_are_refused(kind: Any) -> None:
    with pytest.raises(ValueError):
        run([partial(tasks.give, 1)], kind)
    with pytest.raises(ValueError):
        run([], kind)


@both_kinds
def test_the_exception_of_a_task_is_raised_when_all_have_ended(kind: str, tmp_path: Path) -> None:
    line = [
        partial(tasks.give, 1),
        partial(tasks.fail, "first in order"),
        partial(tasks.leave_name_later, tmp_path, os.getpid()),
        partial(tasks.fail, "second in order"),
    ]

    with pytest.raises(KeyError, match="first in order"):
        run(line, kind)
    assert list(tmp_path.iterdir()), "another task has not come to its end"


@both_kinds
def test_the_exception_of_the_first_task_is_raised_though_it_came_later(kind: str) -> None:
    late = partial(tasks.fail_when_all_rest, "first in order", os.getpid())

    with pytest.raises(KeyError, match="first in order"):
        run([late, partial(tasks.fail, "first in time")], kind)


@both_kinds
def test_an_exception_may_be_returned_like_anything(kind: str) -> None:
    (result,) = run([partial(tasks.give, KeyError("returned, not raised"))], kind)

    assert isinstance(result, KeyError)


@both_kinds
def test_nothing_is_printed(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    run([partial(tasks.give, 1)] * 2, kind)

    assert capfd.readouterr().out == ""


# Tasks that wait --------------------------------------------------------------------------


def test_tasks_that_wait_do_so_together_in_this_process() -> None:
    meeting = threading.Barrier(FEW)

    assert run([partial(tasks.name_when_met, meeting)] * FEW, "io") == [os.getpid()] * FEW


# Tasks that compute -----------------------------------------------------------------------


def test_tasks_that_compute_do_so_in_other_processes() -> None:
    here = os.getpid()

    assert here not in run([os.getpid, os.getpid], "cpu"), "a task has computed in the process of the caller"


@pytest.mark.skipif(CORES < 2, reason="with one core, one process is right")
@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_tasks_that_compute_do_so_in_several_processes() -> None:
    with multiprocessing.Manager() as manager:
        meeting = manager.Barrier(2)

        processes = run([partial(tasks.name_when_met, meeting)] * 2, "cpu")

    assert len(set(processes)) == 2


def test_there_are_no_more_processes_than_cores(tmp_path: Path) -> None:
    task = partial(tasks.name_when_nobody_else_comes, tmp_path, CORES, os.getpid())

    processes = run([task] * (3 * CORES), "cpu")

    assert len(set(processes)) <= CORES, f"there are {CORES} cores"


@pytest.mark.skipif(not HAS_AFFINITY, reason="this system cannot keep a process from a core")
def test_a_core_that_may_not_be_used_does_not_count(tmp_path: Path) -> None:
    folder, context = tmp_path / "names", multiprocessing.get_context("spawn")
    folder.mkdir()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=tell, args=(sender, partial(tasks.processes_on_one_core, folder)))
    process.start()
    sender.close()
    with receiver:
        processes = receiver.recv()
    process.join()

    assert len(processes) == 1, "one core, and more than one process"


def tell(sender: Any, call: Callable[[], object]) -> None:
    with sender:
        sender.send(call())


# Measured ---------------------------------------------------------------------------------


def test_measured_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    """Decides nothing: it shows what the two ways are good for, on this machine, now."""
    rows = []
    for name, task in (("wait", tasks.wait_a_little), ("compute", tasks.compute_a_little)):
        four: list[Callable[[], object]] = [task] * 4
        seconds = [
            tasks.seconds_for(lambda: [each() for each in four]),  # noqa: B023 - called at once
            tasks.seconds_for(lambda: run(four, "io")),  # noqa: B023
            tasks.seconds_for(lambda: run(four, "cpu")),  # noqa: B023
        ]
        rows.append(f"  4 tasks that {name:8}" + "".join(f"{1000 * each:13.0f} ms" for each in seconds))
    header = " " * 23 + "".join(
        f"{title:>16}" for title in ("one by one", 'run(..., "io")', 'run(..., "cpu")')
    )
    with capsys.disabled():
        print("", f"  on {CORES} cores{header[12:]}", *rows, sep="\n")  # noqa: T201 - for the learner to see
