"""A pool made by hand: tasks and callbacks, errors, workers that die, and the end."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mini_pool_tasks as tasks
import pytest
from mini_pool import MiniPool
from mini_pool_tasks import Signal

METHODS = multiprocessing.get_all_start_methods()
GREAT = b"x" * 300_000  # a pipe has room for 64 kB


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start workers by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def finish(pool: MiniPool) -> None:
    pool.close()
    pool.join()


# Tasks and callbacks ----------------------------------------------------------------------


def test_results_are_told_to_callbacks() -> None:
    results: list[int] = []
    pool = MiniPool(2)
    for number in range(5):
        pool.apply_async(tasks.square, (number,), results.append)
    finish(pool)

    assert sorted(results) == [0, 1, 4, 9, 16]


def test_callbacks_run_in_the_process_that_has_the_pool() -> None:
    calls: list[tuple[str, int]] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.square, (2,), callback=lambda _result: calls.append(("result", os.getpid())))
    pool.apply_async(tasks.fail, ("no",), error_callback=lambda _error: calls.append(("error", os.getpid())))
    finish(pool)

    assert sorted(what for what, _ in calls) == ["error", "result"]
    assert {pid for _, pid in calls} == {os.getpid()}


def test_tasks_are_done_by_no_more_workers_than_there_shall_be() -> None:
    pids: list[int] = []
    pool = MiniPool(2)
    for _ in range(6):
        pool.apply_async(tasks.pid_of_worker, (), callback=pids.append)
    finish(pool)

    assert len(pids) == 6
    assert len(set(pids)) <= 2
    assert os.getpid() not in pids


def test_two_workers_work_at_the_same_time() -> None:
    here, there = Signal(), Signal()
    pids: list[int] = []
    pool = MiniPool(2)
    pool.apply_async(tasks.meet, (here, there), callback=pids.append)
    pool.apply_async(tasks.meet, (there, here), callback=pids.append)
    finish(pool)

    assert len(set(pids)) == 2


def test_apply_async_does_not_wait_for_the_task() -> None:
    may_go_on = Signal()
    results: list[str] = []
    pool = MiniPool(1)
    for _ in range(3):
        pool.apply_async(tasks.wait_for, (may_go_on,), callback=results.append)
    for _ in range(3):
        may_go_on.release()
    finish(pool)

    assert results == ["went on"] * 3


@pytest.mark.usefixtures("limits_are_over")
def test_a_task_may_take_as_long_as_it_takes() -> None:
    results: list[Any] = []
    errors: list[BaseException] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.stay_late, (os.getpid(),), results.append, errors.append)
    pool.apply_async(tasks.square, (3,), results.append, errors.append)
    finish(pool)

    assert errors == [], "a worker was at work, and was taken for dead"
    assert results == ["done", 9]


def test_great_tasks_and_great_results_come_through() -> None:
    results: list[bytes] = []
    pool = MiniPool(2)
    for _ in range(5):
        pool.apply_async(tasks.same, (GREAT,), callback=results.append)
    finish(pool)

    assert results == [GREAT] * 5


def test_a_pool_may_have_nothing_to_do() -> None:
    finish(MiniPool(2))


# Errors and deaths ------------------------------------------------------------------------


def test_an_exception_is_told_to_the_callback_for_errors() -> None:
    results: list[Any] = []
    errors: list[BaseException] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.fail, ("from the task",), results.append, errors.append)
    pool.apply_async(tasks.square, (3,), results.append, errors.append)
    finish(pool)

    assert [repr(error) for error in errors] == ["KeyError('from the task')"]
    assert results == [9]


def test_an_exception_that_nobody_takes_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    results: list[Any] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.fail, ("taken by nobody",), callback=results.append)
    pool.apply_async(tasks.square, (3,), callback=results.append)
    finish(pool)

    assert results == [9]
    assert "taken by nobody" in capfd.readouterr().err


@pytest.mark.parametrize("die", [tasks.exit_at_once, tasks.be_killed])
def test_a_worker_that_dies_is_replaced_and_its_task_told_as_an_error(
    die: Callable[[Path], None], tmp_path: Path
) -> None:
    results: list[Any] = []
    errors: list[BaseException] = []
    pool = MiniPool(1)
    pool.apply_async(die, (tmp_path / "begun",), results.append, errors.append)
    pool.apply_async(tasks.square, (3,), results.append, errors.append)
    finish(pool)

    assert None not in results, "the task whose worker had died was done once more"
    assert [type(error) for error in errors] == [RuntimeError]
    assert results == [9]


def test_a_task_is_told_once_though_its_worker_takes_long_to_end(tmp_path: Path) -> None:
    results: list[Any] = []
    errors: list[BaseException] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.leave_slowly, (tmp_path / "begun",), results.append, errors.append)
    pool.apply_async(tasks.square, (3,), results.append, errors.append)
    finish(pool)

    assert len(errors) == 1
    assert results == [9]


def test_any_worker_may_die_and_each_is_replaced(tmp_path: Path) -> None:
    here, there = Signal(), Signal()
    pids: list[int] = []
    errors: list[BaseException] = []
    pool = MiniPool(2)
    for number in range(4):
        pool.apply_async(tasks.exit_at_once, (tmp_path / f"begun{number}",), error_callback=errors.append)
    pool.apply_async(tasks.meet, (here, there), callback=pids.append)
    pool.apply_async(tasks.meet, (there, here), callback=pids.append)
    finish(pool)

    assert [type(error) for error in errors] == [RuntimeError] * 4
    assert len(set(pids)) == 2


def test_a_death_is_told_while_another_worker_is_at_work(tmp_path: Path) -> None:
    told = Signal()
    results: list[str] = []

    def release(_outcome: Any) -> None:
        told.release()

    pool = MiniPool(2)
    pool.apply_async(tasks.wait_for, (told,), callback=results.append)
    pool.apply_async(tasks.exit_at_once, (tmp_path / "begun",), release, release)
    finish(pool)

    assert results == ["went on"]


def test_a_death_that_nobody_is_told_of_goes_to_standard_error(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pool = MiniPool(1)
    pool.apply_async(tasks.exit_at_once, (tmp_path / "begun",))
    finish(pool)

    assert capfd.readouterr().err


# The end ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, -1])
def test_a_pool_needs_a_worker(size: int) -> None:
    with pytest.raises(ValueError):
        MiniPool(size)


def test_a_closed_pool_takes_no_more_tasks() -> None:
    pool = MiniPool(1)
    pool.close()
    with pytest.raises(ValueError):
        pool.apply_async(tasks.square, (3,))
    pool.join()


def test_a_pool_must_be_closed_before_it_is_joined() -> None:
    pool = MiniPool(1)
    with pytest.raises(ValueError):
        pool.join()
    finish(pool)


def test_what_waits_when_it_is_closed_is_still_done(tmp_path: Path) -> None:
    may_go_on = Signal()
    pool = MiniPool(1)
    pool.apply_async(tasks.wait_for, (may_go_on,))
    pool.apply_async(tasks.touch, (tmp_path / "done",))
    pool.close()
    may_go_on.release()
    pool.join()

    assert (tmp_path / "done").exists()


def test_join_returns_when_the_last_callback_has_run(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def slowly(error: BaseException) -> None:
        time.sleep(0.1)  # the time in which a pool that does not wait returns
        errors.append(error)

    pool = MiniPool(1)
    arguments = (tmp_path / "begun", os.getpid())
    pool.apply_async(tasks.exit_when_joined, arguments, error_callback=slowly)
    finish(pool)

    assert len(errors) == 1, "join has returned, and a callback is still to come"


def test_terminate_drops_what_waits(tmp_path: Path) -> None:
    has_begun, never = Signal(), Signal()
    pool = MiniPool(1)
    pool.apply_async(tasks.wait_for_ever, (has_begun, never))
    for number in range(3):
        pool.apply_async(tasks.touch, (tmp_path / f"done{number}", "small"))
    has_begun.acquire()
    pool.terminate()
    pool.join()

    assert list(tmp_path.iterdir()) == []


def test_no_worker_is_left() -> None:
    pool = MiniPool(2)
    pool.apply_async(tasks.square, (3,))
    finish(pool)

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_works_however_the_workers_are_started() -> None:
    results: list[Any] = []
    errors: list[BaseException] = []
    pool = MiniPool(1)
    pool.apply_async(tasks.square, (3,), results.append, errors.append)
    pool.apply_async(tasks.fail, ("no",), results.append, errors.append)
    finish(pool)

    assert results == [9]
    assert [repr(error) for error in errors] == ["KeyError('no')"]
