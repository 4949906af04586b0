"""Counting in threads and in processes: where the jobs run, and whether every one is counted.

Marked tests run in every order in which the threads can take turns.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import true_jobs as jobs
from pytest_sensei.dojo import stillness
from shared_or_not import count_in_processes, count_in_threads
from slow_memory import read_slowly

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


@in_both
def test_an_exception_that_is_returned_is_something_true(count: Callable[..., int]) -> None:
    assert count([partial(jobs.give, KeyError("returned, not raised"))]) == 1


# In threads -------------------------------------------------------------------------------


@pytest.mark.interleave
def test_jobs_that_end_at_the_same_time_are_both_counted() -> None:
    assert count_in_threads([lambda: True, lambda: True]) == 2


@pytest.mark.interleave
def test_jobs_that_take_long_are_counted() -> None:
    def take_long() -> bool:
        time.sleep(3600)  # costs nothing: ends when nobody else can run
        return True

    assert count_in_threads([take_long, take_long]) == 2


@pytest.mark.interleave
def test_no_thread_is_left_when_the_count_is_told() -> None:
    threads: list[threading.Thread] = []

    def job() -> bool:
        threads.append(threading.current_thread())
        return True

    assert count_in_threads([job, job]) == 2
    assert [thread.is_alive() for thread in threads] == [False, False]


@pytest.mark.interleave
def test_the_exception_of_the_first_thread_is_raised_though_it_came_later() -> None:
    def fail_late() -> None:
        time.sleep(3600)
        raise KeyError("first in order")

    def fail_early() -> None:
        raise KeyError("first in time")

    with pytest.raises(KeyError, match="first in order"):
        count_in_threads([fail_late, fail_early])


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


def test_the_exception_of_the_first_process_is_raised_though_it_came_later() -> None:
    late = partial(jobs.fail_when_all_rest, "first in order", os.getpid())

    with pytest.raises(KeyError, match="first in order"):
        count_in_processes([late, partial(jobs.fail, "first in time")])


def test_a_result_that_fills_a_pipe_is_counted() -> None:
    assert count_in_processes([partial(jobs.give, bytes(1_000_000))]) == 1


def test_processes_that_count_at_the_same_time_are_both_counted(slow_memory: None) -> None:
    assert count_in_processes([partial(jobs.give, True)] * 2) == 2


@pytest.fixture
def slow_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    read_slowly(monkeypatch, stillness.Company(2))
