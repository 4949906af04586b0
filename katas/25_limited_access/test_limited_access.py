"""Running jobs in processes: how many at once, and what becomes of results and exceptions."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from functools import partial
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import busy_jobs as jobs
import pytest
from limited_access import run_limited

METHODS = multiprocessing.get_all_start_methods()
SHARED = multiprocessing.get_context("spawn")  # what it makes can be handed to any process, however started


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture
def line() -> Iterator[SimpleQueue[int]]:
    """Make a line on which one job can tell another one who it is."""
    new: SimpleQueue[int] = SHARED.SimpleQueue()
    yield new
    new.close()


def test_results_come_in_the_order_of_the_jobs() -> None:
    results: list[Any] = ["a", None, ["b", 0]]

    came = run_limited([partial(jobs.give, result) for result in results], 2)

    assert len(came) == len(results), f"there were {len(results)} jobs, and {len(came)} results came back"
    assert came == results


def test_no_jobs_have_no_results() -> None:
    assert run_limited([], 3) == []


@pytest.mark.parametrize("limit", [0, -1])
def test_the_limit_is_at_least_1(limit: int) -> None:
    with pytest.raises(ValueError):
        run_limited([partial(jobs.give, 1)], limit)


def test_each_job_has_a_process_of_its_own(tmp_path: Path) -> None:
    here = os.getpid()

    processes = run_limited([partial(jobs.leave_name, tmp_path)] * 3, 1)

    assert here not in processes, "a job has run in the process of the caller"
    assert len(set(processes)) == 3


def test_no_more_jobs_than_the_limit_work_at_once() -> None:
    room, one_too_many = SHARED.Semaphore(2), SHARED.Event()

    there_was_room = run_limited([partial(jobs.find_room, room, one_too_many, os.getpid())] * 3, 2)

    assert there_was_room == [True, True, True], "with a limit of 2, three jobs were at work"


def test_each_place_is_given_back_once() -> None:
    room, one_too_many = SHARED.Semaphore(1), SHARED.Event()

    was_empty = run_limited([partial(jobs.find_it_empty, room, one_too_many, os.getpid())] * 3, 1)

    assert was_empty == [True, True, True], (
        "with a limit of 1, two jobs were at work after the first had ended"
    )


def test_as_many_jobs_as_the_limit_work_at_once() -> None:
    all_are_here = SHARED.Barrier(2)

    assert run_limited([partial(jobs.meet, all_are_here)] * 2, 2) == ["met", "met"]


def test_the_next_job_begins_when_one_has_ended() -> None:
    last_is_at_work = SHARED.Event()
    line = [
        partial(jobs.wait_for, last_is_at_work, "first"),
        partial(jobs.give, "second"),
        partial(jobs.announce, last_is_at_work, "last"),
    ]

    assert run_limited(line, 2) == ["first", "second", "last"]


@pytest.mark.usefixtures("limits_are_over")
def test_jobs_and_places_are_waited_for_as_long_as_it_takes() -> None:
    room, one_too_many = SHARED.Semaphore(1), SHARED.Event()

    was_empty = run_limited([partial(jobs.find_it_empty, room, one_too_many, os.getpid())] * 2, 1)

    assert was_empty == [True, True], "each of two jobs should have had the only place, and come to its end"


def test_results_come_in_order_even_if_the_last_job_ends_first(line: SimpleQueue[int]) -> None:
    results = run_limited(
        [partial(jobs.stay_behind, line, "first"), partial(jobs.leave, line, "last")], limit=5
    )

    assert results == ["first", "last"]


def test_great_results_come_too() -> None:
    great = bytes(300_000)  # a pipe has room for 64 kB

    assert run_limited([partial(jobs.give, great)] * 2, 2) == [great, great]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_processes_may_be_started_in_every_way() -> None:
    assert run_limited([partial(jobs.give, 1), partial(jobs.give, 2)], 1) == [1, 2]


# Jobs that fail ---------------------------------------------------------------------------


def test_a_job_that_fails_makes_room_for_the_next(tmp_path: Path) -> None:
    both = [partial(jobs.come_and_fail, tmp_path, "no")] * 2  # whichever comes first

    with pytest.raises(jobs.Refused, match="no"):
        run_limited(both, 1)
    assert len(list(tmp_path.iterdir())) == 2, "the other job has not run"


@pytest.mark.parametrize("start_method", METHODS[-1:], indirect=True)
def test_the_exception_of_a_job_is_raised_in_the_caller() -> None:
    with pytest.raises(jobs.Refused, match="I would rather not"):
        run_limited([partial(jobs.give, 1), partial(jobs.fail, "I would rather not")], 2)


def test_of_two_exceptions_the_first_in_the_order_of_the_jobs_is_raised(line: SimpleQueue[int]) -> None:
    both = [
        partial(jobs.stay_behind_and_fail, line, "first in order"),
        partial(jobs.leave_and_fail, line, "first in time"),
    ]

    with pytest.raises(jobs.Refused, match="first in order"):
        run_limited(both, 2)


def test_all_jobs_have_ended_when_the_exception_is_raised(tmp_path: Path) -> None:
    all_have_begun = SHARED.Barrier(2)
    line = [
        partial(jobs.fail, "at once"),
        partial(jobs.meet, all_have_begun),
        partial(jobs.meet, all_have_begun),
        partial(jobs.leave_name, tmp_path),
    ]

    with pytest.raises(jobs.Refused, match="at once"):
        run_limited(line, 2)
    assert list(tmp_path.iterdir()), "the last job has not run"
