"""Counting in threads and in processes: where the jobs run, and whether every one is counted.

Marked tests run in every order in which the threads can take turns.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import pytest
import true_jobs as jobs
from pytest_sensei.dojo import stillness
from shared_or_not import count_in_processes, count_in_threads

METHODS = multiprocessing.get_all_start_methods()
in_both = pytest.mark.parametrize("count", [count_in_threads, count_in_processes])

TRUE_AND_FALSE = [partial(jobs.give, result) for result in (True, "yes", 0, [0], "", -1, None, [], False)]
TRUE_ONES = 4


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# Both -------------------------------------------------------------------------------------


@in_both
def test_without_jobs_there_is_nothing_to_count(count: Callable[..., int]) -> None:
    assert count([]) == 0


@in_both
def test_whatever_is_true_counts(count: Callable[..., int]) -> None:
    assert count(TRUE_AND_FALSE) == TRUE_ONES, "counted wrongly: 9 jobs, 4 of them with a true result"


@in_both
def test_each_count_begins_at_zero(count: Callable[..., int]) -> None:
    two = [partial(jobs.give, True)] * 2

    assert [count(two), count(two)] == [2, 2]


@in_both
def test_the_exception_of_a_job_is_raised_when_all_have_ended(
    count: Callable[..., int], tmp_path: Path
) -> None:
    line = [
        partial(jobs.give, True),
        partial(jobs.fail, "first in order"),
        partial(jobs.leave_name_later, tmp_path),
        partial(jobs.fail, "second in order"),
    ]

    with pytest.raises(KeyError, match="first in order"):
        count(line)
    assert list(tmp_path.iterdir()), "another job has not come to its end"


# In threads -------------------------------------------------------------------------------


@pytest.mark.interleave
def test_jobs_that_end_at_the_same_time_are_both_counted() -> None:
    assert count_in_threads([lambda: True, lambda: True]) == 2


def test_jobs_run_in_other_threads_of_this_process() -> None:
    seen: list[tuple[int, int]] = []

    count_in_threads([lambda: seen.append((os.getpid(), threading.get_ident()))])

    assert seen, "the job has not run in this process: it has left no trace in its memory"
    assert seen[0][1] != threading.get_ident(), "the job has run in the thread of the caller"


# In processes -----------------------------------------------------------------------------


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_processes_may_be_started_in_every_way() -> None:
    assert count_in_processes([partial(jobs.give, 1), partial(jobs.give, 0), partial(jobs.give, 2)]) == 2


def test_jobs_run_in_other_processes(tmp_path: Path) -> None:
    count_in_processes([partial(jobs.leave_name, tmp_path)] * 2)

    processes = {int(file.name) for file in tmp_path.iterdir()}
    assert processes, "no job has run"
    assert os.getpid() not in processes, "a job has run in the process of the caller"


def test_processes_that_count_at_the_same_time_are_both_counted(slow_values: None) -> None:
    assert count_in_processes([partial(jobs.give, True)] * 2) == 2


@pytest.fixture
def slow_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a forked child that reads a `Value` wait for another that does: it comes if nobody keeps it out."""
    caller = os.getpid()
    arrivals = os.open(tmp_path / "arrivals", os.O_CREAT | os.O_RDWR | os.O_APPEND)
    real: Any = Synchronized.value

    def read(value: Any) -> Any:
        number = real.fget(value)
        if os.getpid() != caller:
            os.write(arrivals, b".")
            stillness.until_all_asleep(caller, unless=lambda: os.fstat(arrivals).st_size > 1)
        return number

    monkeypatch.setattr(Synchronized, "value", property(read, real.fset))
    try:
        yield
    finally:
        os.close(arrivals)
