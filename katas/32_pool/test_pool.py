"""A pool of processes: where the jobs run, in which order the results come, what becomes of exceptions."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pool_jobs as jobs
import pytest
from pool import first_error, parallel_map
from pool_jobs import Signal

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start workers by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


every_start_method = pytest.mark.parametrize("start_method", METHODS, indirect=True)


def test_no_items_have_no_results() -> None:
    assert parallel_map(jobs.square, []) == []


def test_results_come_in_the_order_of_the_items() -> None:
    assert parallel_map(jobs.square, [3, 1, 2, 5, 4]) == [9, 1, 4, 25, 16]


def test_jobs_run_in_other_processes() -> None:
    assert os.getpid() not in parallel_map(jobs.pid_of_worker, range(3))


def test_two_jobs_run_at_the_same_time() -> None:
    here, there = Signal(), Signal()

    pids = parallel_map(jobs.meet, [(here, there), (there, here)])

    assert len(set(pids)) == 2


def test_results_come_in_order_even_if_the_last_job_ends_first() -> None:
    last_has_arrived = Signal()
    items = [("first", last_has_arrived), ("last", last_has_arrived)]

    assert parallel_map(jobs.first_or_last, items) == ["first", "last"]


def test_jobs_may_return_anything() -> None:
    results = [None, False, 0, "", [], ()]

    assert parallel_map(jobs.same, results) == results


def test_exception_of_a_job_is_raised_in_the_caller() -> None:
    with pytest.raises(ValueError, match="2 is even"):
        parallel_map(jobs.odd_only, [1, 2, 3])


def test_all_jobs_have_ended_when_the_exception_is_raised(tmp_path: Path) -> None:
    failure_has_arrived, file = Signal(), tmp_path / "done"
    items = [(name, failure_has_arrived, file, os.getpid()) for name in ("fail", "go on")]

    with pytest.raises(KeyError, match="at once"):
        parallel_map(jobs.fail_or_go_on, items)

    assert file.exists()


@pytest.mark.usefixtures("limits_are_over")
def test_a_job_may_take_as_long_as_it_takes() -> None:
    assert parallel_map(jobs.take_long, [os.getpid()] * 2) == ["done", "done"]


def test_no_worker_is_left() -> None:
    parallel_map(jobs.stay_late, [os.getpid()] * 3)

    assert multiprocessing.active_children() == []


def test_no_worker_is_left_after_a_look_for_errors() -> None:
    assert first_error(jobs.stay_late, [os.getpid()] * 3) is None

    assert multiprocessing.active_children() == []


def test_there_is_no_first_error_when_all_goes_well() -> None:
    assert first_error(jobs.square, range(3)) is None
    assert first_error(jobs.square, []) is None


def test_first_error_is_returned_with_its_type() -> None:
    error = first_error(jobs.odd_only, [1, 2, 3])

    assert isinstance(error, ValueError)
    assert str(error) == "2 is even"


def test_first_error_is_the_first_in_the_order_of_the_items() -> None:
    last_has_arrived = Signal()
    items = [("first", last_has_arrived), ("last", last_has_arrived)]

    assert repr(first_error(jobs.fail_first_or_last, items)) == "KeyError('first')"


def test_all_jobs_have_ended_when_the_first_error_is_returned(tmp_path: Path) -> None:
    failure_has_arrived, file = Signal(), tmp_path / "done"
    items = [(name, failure_has_arrived, file, os.getpid()) for name in ("fail", "go on")]

    assert isinstance(first_error(jobs.fail_or_go_on, items), KeyError)

    assert file.exists()


@pytest.mark.usefixtures("limits_are_over")
def test_a_job_may_take_as_long_as_it_takes_to_fail() -> None:
    assert repr(first_error(jobs.fail_late, [os.getpid()] * 2)) == "ValueError('late')"


@every_start_method
def test_it_works_however_the_workers_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # few workers: to start one afresh takes a while

    assert parallel_map(jobs.square, [3, 1, 2]) == [9, 1, 4]


@every_start_method
def test_first_error_works_however_the_workers_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)

    assert isinstance(first_error(jobs.odd_only, [1, 2]), ValueError)
