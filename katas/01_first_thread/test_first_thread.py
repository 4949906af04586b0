"""Running jobs in threads: where they run, when they end, what becomes of their results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from first_thread import run_all

# How long "a little" is. On a busy machine turns take longer, for all threads alike; seconds do not.
A_TURN = 0.01
TURNS = 20


def test_no_jobs_have_no_results() -> None:
    assert run_all([]) == []


def test_results_come_in_the_order_of_the_jobs() -> None:
    assert run_all([lambda: "a", lambda: "b", lambda: "c"]) == ["a", "b", "c"]


def test_jobs_do_not_run_in_the_thread_of_the_caller() -> None:
    threads = run_all([threading.current_thread, threading.current_thread])

    assert threading.current_thread() not in threads


def test_all_jobs_have_ended_when_it_returns(later: Callable[[], threading.Event]) -> None:
    may_end = later()

    def job() -> str:
        may_end.wait()
        return "ended"

    assert run_all([job, job]) == ["ended", "ended"]


def test_all_jobs_run_at_the_same_time() -> None:
    all_are_here = threading.Barrier(3)

    def job() -> threading.Thread:
        all_are_here.wait()  # for ever, until all three have been started
        return threading.current_thread()

    threads = run_all([job, job, job])

    assert len(set(threads)) == 3


def test_results_come_in_order_even_if_the_last_job_ends_first() -> None:
    last_thread: Future[threading.Thread] = Future()

    def first() -> str:
        wait_for_the_end_of(last_thread.result())
        return "first"

    def last() -> str:
        last_thread.set_result(threading.current_thread())
        return "last"

    assert run_all([first, last]) == ["first", "last"]


def test_exception_of_a_job_is_raised_in_the_caller() -> None:
    def fail() -> None:
        raise KeyError("from the job")

    with pytest.raises(KeyError, match="from the job"):
        run_all([lambda: 1, fail])


def test_first_exception_in_the_order_of_the_jobs_is_raised() -> None:
    early_thread: Future[threading.Thread] = Future()

    def fail_late() -> None:
        wait_for_the_end_of(early_thread.result())
        raise KeyError("first in order")

    def fail_early() -> None:
        early_thread.set_result(threading.current_thread())
        raise ZeroDivisionError("first in time")

    with pytest.raises(KeyError, match="first in order"):
        run_all([lambda: 1, fail_late, fail_early])


def test_each_call_begins_anew() -> None:
    def fail() -> None:
        raise KeyError("from the first call")

    with pytest.raises(KeyError):
        run_all([fail])
    assert run_all([lambda: "from the second call"]) == ["from the second call"]


def test_all_jobs_have_ended_when_the_exception_is_raised(later: Callable[[], threading.Event]) -> None:
    may_end = later()
    ended: list[str] = []

    def fail() -> None:
        raise KeyError("at once")

    def go_on() -> None:
        may_end.wait()
        ended.append("the other one")

    with pytest.raises(KeyError, match="at once"):
        run_all([fail, go_on])
    assert ended == ["the other one"]


@pytest.mark.interleave
def test_jobs_are_waited_for_as_long_as_they_take() -> None:
    def take_long() -> str:
        time.sleep(3600)  # costs nothing: ends when nobody else can run
        return "ended"

    assert run_all([take_long, take_long]) == ["ended", "ended"]


@pytest.mark.interleave
def test_no_thread_is_left_when_it_returns() -> None:
    threads = run_all([threading.current_thread, threading.current_thread])

    assert [thread.is_alive() for thread in threads] == [False, False]


def test_an_exception_may_be_returned_like_anything() -> None:
    error = KeyError("returned, not raised")

    assert run_all([lambda: error, lambda: 2]) == [error, 2]


def test_jobs_may_return_anything() -> None:
    results: list[Any] = [None, False, 0, ""]

    assert run_all([lambda result=result: result for result in results]) == results


def wait_for_the_end_of(thread: threading.Thread) -> None:
    """Wait until a thread that has nothing more to do has ended; not for ever, in case others made it."""
    for _ in range(TURNS):
        thread.join(A_TURN)


@pytest.fixture
def later() -> Iterator[Callable[[], threading.Event]]:
    """Make events that are set a little later: never, once the test is over."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def set_later() -> threading.Event:
        event = threading.Event()

        def count_turns() -> None:
            if not any(over.wait(A_TURN) for _ in range(TURNS)):
                event.set()

        threads.append(threading.Thread(target=count_turns))
        threads[-1].start()
        return event

    yield set_later
    over.set()
    for thread in threads:
        thread.join()
