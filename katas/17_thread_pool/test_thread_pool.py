"""What a ThreadPool promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import concurrent.futures
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from threading import Barrier, Event, Lock, Thread

import pytest
from thread_pool import ThreadPool

# Before 3.11 the futures of the standard library have a TimeoutError of their own.
TIMEOUTS = (TimeoutError, concurrent.futures.TimeoutError)


def double(number: int) -> int:
    return 2 * number


def divide(number: float, by: float = 1) -> float:
    return number / by


class AmIAlone:
    """A job that tells whether it was the only one at work."""

    def __init__(self) -> None:
        self.seat = Lock()

    def __call__(self) -> bool:
        alone = self.seat.acquire(blocking=False)
        if alone:
            self.seat.release()
        return alone


def together(**jobs: Callable[[], object]) -> dict[str, object]:
    """Run each job in a thread of that name, all at once; what each one returned."""
    answers: dict[str, object] = dict.fromkeys(jobs)

    def run(name: str) -> None:
        answers[name] = jobs[name]()

    threads = [Thread(target=run, args=(name,), name=name) for name in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# One job ----------------------------------------------------------------------------------


def test_submit_gives_a_future_with_the_result() -> None:
    with ThreadPool(1) as pool:
        future = pool.submit(double, 21)
        assert future.result() == 42
        assert future.done() is True


def test_all_arguments_reach_the_job() -> None:
    with ThreadPool(1) as pool:
        assert pool.submit(divide, 6, 3).result() == 2
        assert pool.submit(lambda: None).result() is None


def test_a_job_runs_in_another_thread() -> None:
    with ThreadPool(1) as pool:
        assert pool.submit(threading.current_thread).result() is not threading.current_thread()


def test_submit_does_not_wait_for_a_free_worker() -> None:
    gate = Event()
    with ThreadPool(1) as pool:
        waiting = pool.submit(gate.wait)
        futures = [pool.submit(double, number) for number in range(5)]
        assert not waiting.done()
        gate.set()
        assert [future.result() for future in futures] == [0, 2, 4, 6, 8]


def test_result_does_not_wait_longer_than_its_timeout() -> None:
    gate = Event()
    with ThreadPool(1) as pool:
        future = pool.submit(gate.wait)
        with pytest.raises(TIMEOUTS):
            future.result(timeout=0.01)
        assert future.done() is False
        gate.set()
        assert future.result() is True


# Many jobs --------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 3])
def test_as_many_jobs_run_at_once_as_there_are_workers(workers: int) -> None:
    all_are_at_work = Barrier(workers)
    with ThreadPool(workers) as pool:
        futures = [pool.submit(all_are_at_work.wait) for _ in range(workers)]
        assert sorted(future.result() for future in futures) == list(range(workers))


@pytest.mark.interleave
def test_never_more_jobs_run_at_once_than_there_are_workers() -> None:
    job = AmIAlone()
    with ThreadPool(1) as pool:
        futures = [pool.submit(job), pool.submit(job)]
    assert [future.result() for future in futures] == [True, True]


@pytest.mark.interleave
def test_never_more_jobs_run_at_once_when_two_threads_submit() -> None:
    job = AmIAlone()
    with ThreadPool(1) as pool:
        futures = together(
            ann=lambda: pool.submit(job).result(),
            bob=lambda: pool.submit(job).result(),
        )
    assert list(futures.values()) == [True, True]


def test_the_workers_take_one_job_after_another() -> None:
    with ThreadPool(2) as pool:
        futures = [pool.submit(double, number) for number in range(20)]
        assert [future.result() for future in futures] == [2 * number for number in range(20)]


def test_a_job_may_submit_another_one() -> None:
    with ThreadPool(1) as pool:
        inner = pool.submit(lambda: pool.submit(double, 21)).result()
        assert inner.result() == 42


# Exceptions -------------------------------------------------------------------------------


def test_result_raises_the_exception_of_the_job() -> None:
    trouble = ValueError("no answer")

    def fail() -> None:
        raise trouble

    with ThreadPool(1) as pool:
        future = pool.submit(fail)
        with pytest.raises(ValueError) as raised:
            future.result()
        assert raised.value is trouble
        assert future.done() is True


def test_a_worker_survives_a_job_that_fails() -> None:
    with ThreadPool(1) as pool:
        failing, next_one = pool.submit(divide, 1, 0), pool.submit(double, 21)
        assert next_one.result() == 42
        with pytest.raises(ZeroDivisionError):
            failing.result()


def test_a_worker_survives_a_job_that_asks_to_exit() -> None:
    with ThreadPool(1) as pool:
        leaving, next_one = pool.submit(sys.exit, "the job has enough"), pool.submit(double, 21)
        assert next_one.result() == 42
        with pytest.raises(SystemExit, match="the job has enough"):
            leaving.result()


# map --------------------------------------------------------------------------------------


def test_map_gives_a_result_for_each_item() -> None:
    with ThreadPool(2) as pool:
        assert list(pool.map(double, range(5))) == [0, 2, 4, 6, 8]
        assert list(pool.map(double, [])) == []


def test_map_takes_any_iterable() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    with ThreadPool(2) as pool:
        assert list(pool.map(double, numbers())) == [2, 4]


def test_map_works_with_one_worker() -> None:
    with ThreadPool(1) as pool:
        assert list(pool.map(double, range(3))) == [0, 2, 4]


def test_map_keeps_the_order_when_a_later_item_is_ready_first() -> None:
    second_is_ready = Event()

    def job(number: int) -> int:
        if number == 1:
            second_is_ready.wait()
        else:
            second_is_ready.set()
        return number

    with ThreadPool(2) as pool:
        assert list(pool.map(job, [1, 2])) == [1, 2]


@pytest.mark.interleave(max_schedules=100)
def test_map_keeps_the_order_whoever_is_ready_first() -> None:
    with ThreadPool(2) as pool:
        assert list(pool.map(double, [1, 2])) == [2, 4]


def test_map_works_on_several_items_at_once() -> None:
    both_are_at_work = Barrier(2)
    with ThreadPool(2) as pool:
        assert sorted(pool.map(lambda _: both_are_at_work.wait(), "ab")) == [0, 1]


def test_map_raises_the_exception_of_a_job() -> None:
    with ThreadPool(2) as pool, pytest.raises(ZeroDivisionError):
        list(pool.map(lambda number: divide(1, number), [2, 0, 1]))


def test_map_gives_the_results_before_an_exception_and_then_raises_it() -> None:
    with ThreadPool(2) as pool:
        results = pool.map(lambda number: divide(1, number), [2, 0, 1])
        assert next(results) == 0.5
        with pytest.raises(ZeroDivisionError):
            next(results)


# shutdown ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_without_work_end_at_shutdown(workers: int) -> None:
    pool = ThreadPool(workers)
    pool.shutdown()


def test_submit_after_shutdown_is_refused() -> None:
    pool = ThreadPool(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(double, 21)


@pytest.mark.interleave
def test_what_was_submitted_is_done_before_shutdown_ends() -> None:
    pool = ThreadPool(1)
    futures = [pool.submit(double, 1), pool.submit(double, 2)]
    pool.shutdown()
    assert [future.done() for future in futures] == [True, True]
    assert [future.result() for future in futures] == [2, 4]


@pytest.mark.interleave
def test_two_workers_end_at_shutdown() -> None:
    with ThreadPool(2) as pool:
        future = pool.submit(double, 21)
    assert future.done() is True


@pytest.mark.interleave
def test_a_job_that_is_submitted_during_shutdown_is_refused_or_done() -> None:
    pool = ThreadPool(1)

    def submit() -> str:
        try:
            future = pool.submit(double, 21)
        except RuntimeError:
            return "refused"
        futures.append(future)
        return "accepted"

    futures: list[concurrent.futures.Future[int]] = []
    answers = together(submitter=submit, closer=pool.shutdown)
    if answers["submitter"] == "accepted":
        assert futures[0].done(), "the pool took the job and nobody did it"


def test_shutdown_need_not_wait() -> None:
    gate = Event()
    pool = ThreadPool(1)
    running, queued = pool.submit(gate.wait), pool.submit(double, 21)
    pool.shutdown(wait=False)
    assert not running.done()
    gate.set()
    assert running.result() is True
    assert queued.result() == 42


@pytest.mark.interleave
def test_shutdown_waits_also_when_the_pool_was_told_before() -> None:
    pool = ThreadPool(1)
    future = pool.submit(double, 21)
    pool.shutdown(wait=False)
    pool.shutdown()
    assert future.done() is True


@pytest.mark.interleave
def test_a_job_is_waited_for_as_long_as_it_takes() -> None:
    def take_long() -> int:
        time.sleep(3600)  # costs nothing: time is virtual
        return 42

    with ThreadPool(1) as pool:
        assert pool.submit(take_long).result() == 42


@pytest.mark.interleave
def test_shutdown_waits_for_a_job_as_long_as_it_takes() -> None:
    ended: list[str] = []

    def take_long() -> None:
        time.sleep(3600)
        ended.append("the job")

    pool = ThreadPool(1)
    pool.submit(take_long)
    pool.shutdown()
    assert ended == ["the job"]


@pytest.mark.interleave
def test_the_workers_have_ended_when_shutdown_returns() -> None:
    pool = ThreadPool(2)
    future = pool.submit(threading.current_thread)
    pool.shutdown()
    assert future.result().is_alive() is False


@pytest.mark.interleave
def test_a_job_that_submits_during_shutdown_is_refused_or_its_job_done() -> None:
    pool = ThreadPool(1)
    futures: list[concurrent.futures.Future[int]] = []

    def submit() -> None:
        with contextlib.suppress(RuntimeError):
            futures.append(pool.submit(double, 21))

    pool.submit(submit)
    pool.shutdown()
    assert [future.done() for future in futures] in ([], [True])


# with -------------------------------------------------------------------------------------


def test_the_end_of_with_shuts_the_pool_down() -> None:
    with ThreadPool(2) as pool:
        future = pool.submit(double, 21)
    assert future.done() is True
    with pytest.raises(RuntimeError):
        pool.submit(double, 21)


def test_an_exception_in_with_shuts_the_pool_down_and_goes_on() -> None:
    with pytest.raises(KeyError), ThreadPool(1) as pool:
        future = pool.submit(double, 21)
        raise KeyError("in the with block")
    assert future.result() == 42
