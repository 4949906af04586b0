"""The same limit by a semaphore and by a pool: who works, how many at once, and in how many processes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import limited_jobs
import pytest
from limited_jobs import Signal
from semaphore_or_pool import with_pool, with_semaphore

METHODS = multiprocessing.get_all_start_methods()

Way = Callable[[list[Callable[[], object]], int], set[int]]
both_ways = pytest.mark.parametrize("way", [with_semaphore, with_pool])


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_with_a_semaphore_each_job_has_a_process_of_its_own(tmp_path: Path) -> None:
    pids = with_semaphore([partial(limited_jobs.leave_pid, tmp_path, str(n)) for n in range(4)], 2)

    assert len(pids) == 4
    assert os.getpid() not in pids


def test_with_a_pool_there_are_no_more_processes_than_the_limit(tmp_path: Path) -> None:
    pids = with_pool([partial(limited_jobs.leave_pid, tmp_path, str(n)) for n in range(4)], 2)

    assert len(pids) in {1, 2}
    assert os.getpid() not in pids


@both_ways
def test_all_jobs_are_done_and_the_pids_are_theirs(way: Way, tmp_path: Path) -> None:
    pids = way([partial(limited_jobs.leave_pid, tmp_path, str(n)) for n in range(4)], 3)

    left = [int(file.read_text()) for file in tmp_path.iterdir()]
    assert len(left) == 4
    assert pids == set(left)


@both_ways
def test_as_many_jobs_as_the_limit_are_at_work_at_once(way: Way) -> None:
    here, there = Signal(), Signal()

    pids = way([partial(limited_jobs.meet, here, there), partial(limited_jobs.meet, there, here)], 2)

    assert len(pids) == 2


@both_ways
def test_two_neighbours_among_many_jobs_are_at_work_at_once(way: Way, tmp_path: Path) -> None:
    here, there = Signal(), Signal()
    others = [partial(limited_jobs.leave_pid, tmp_path, str(n)) for n in range(7)]

    way([partial(limited_jobs.meet, here, there), partial(limited_jobs.meet, there, here), *others], 2)

    assert len(list(tmp_path.iterdir())) == 7


@both_ways
def test_never_more_than_the_limit_are_at_work_at_once(way: Way, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()

    way([partial(limited_jobs.go_in, tmp_path, str(n), 2, os.getpid()) for n in range(4)], 2)

    assert not (tmp_path / "too many").exists()


@pytest.mark.usefixtures("limits_are_over")
@both_ways
def test_a_job_may_take_as_long_as_it_takes(way: Way, tmp_path: Path) -> None:
    pids = way([partial(limited_jobs.leave_late, tmp_path, str(n), os.getpid()) for n in range(2)], 2)

    assert len(list(tmp_path.iterdir())) == 2, "a job was still at work"
    assert pids


@pytest.mark.usefixtures("limits_are_over")
@both_ways
def test_a_job_waits_for_its_place_for_as_long_as_it_takes(way: Way, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()

    way([partial(limited_jobs.go_in, tmp_path, str(n), 1, os.getpid()) for n in range(2)], 1)

    assert not (tmp_path / "too many").exists(), "a job has begun while another one had the only place"


def test_each_place_is_given_back_once(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()

    with_semaphore([partial(limited_jobs.stay_alone, tmp_path, str(n), os.getpid()) for n in range(3)], 1)

    assert not (tmp_path / "too many").exists(), "after a job that has ended, two could go in"


@both_ways
def test_there_may_be_nothing_to_do(way: Way) -> None:
    assert way([], 2) == set()


@both_ways
def test_there_may_be_fewer_jobs_than_the_limit(way: Way, tmp_path: Path) -> None:
    assert len(way([partial(limited_jobs.leave_pid, tmp_path, "only")], 3)) == 1


@both_ways
def test_a_job_that_fails_gives_its_place_back(way: Way, tmp_path: Path) -> None:
    # Whoever comes first: somebody needs the place of one that has failed.
    jobs: list[Callable[[], object]] = [
        partial(limited_jobs.fail, "from the job"),
        partial(limited_jobs.fail, "from the job"),
        partial(limited_jobs.leave_pid, tmp_path, "done"),
    ]

    with pytest.raises(ValueError, match="from the job"):
        way(jobs, 1)

    assert (tmp_path / "done").exists()


@both_ways
def test_the_others_are_done_before_the_exception_is_raised(way: Way, tmp_path: Path) -> None:
    jobs: list[Callable[[], object]] = [
        partial(limited_jobs.fail, "from the job"),
        partial(limited_jobs.leave_late, tmp_path, "done", os.getpid()),
    ]

    with pytest.raises(ValueError, match="from the job"):
        way(jobs, 2)

    assert (tmp_path / "done").exists(), "the other job was broken off"


@both_ways
def test_no_process_is_left(way: Way, tmp_path: Path) -> None:
    way([partial(limited_jobs.leave_pid, tmp_path, str(n)) for n in range(2)], 2)

    assert multiprocessing.active_children() == []


@both_ways
@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_works_however_processes_are_started(way: Way, tmp_path: Path) -> None:
    pids = way([partial(limited_jobs.leave_pid, tmp_path, "only")], 1)

    assert pids == {int((tmp_path / "only").read_text())}
