"""A thread with a result: how it is made, where it runs, what it gives back."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from thread_subclass import ResultThread


def start(target: Any, *args: Any) -> ResultThread:
    thread = ResultThread(target=target, args=args)
    thread.start()
    return thread


# A thread like any other ------------------------------------------------------------------


def test_it_is_a_thread() -> None:
    assert issubclass(ResultThread, threading.Thread)


def test_the_target_runs_in_the_thread_and_only_once() -> None:
    ran_in: list[threading.Thread] = []

    def target() -> str:
        ran_in.append(threading.current_thread())
        return "done"

    thread = start(target)
    thread.result()

    assert ran_in == [thread]


@pytest.mark.interleave
def test_result_waits_until_the_target_has_returned() -> None:
    thread = start(lambda: 6 * 7)

    result = thread.result()
    thread.join()

    assert result == 42


def test_start_does_not_wait_for_the_target() -> None:
    may_go_on = threading.Event()

    thread = start(may_go_on.wait)
    may_go_on.set()

    assert thread.result() is True


def test_it_is_made_like_a_thread() -> None:
    def describe(*args: int, **kwargs: int) -> tuple[Any, ...]:
        thread = threading.current_thread()
        return args, kwargs, thread.name, thread.daemon

    by_name = ResultThread(target=describe, args=(1, 2), kwargs={"k": 3}, name="by name", daemon=True)
    by_place = ResultThread(None, describe, "by place", (1,), {"k": 2})
    for thread in (by_name, by_place):
        thread.start()

    assert by_name.result() == ((1, 2), {"k": 3}, "by name", True)
    assert by_place.result() == ((1,), {"k": 2}, "by place", False)


def test_without_a_target_the_result_is_none() -> None:
    thread = ResultThread()
    thread.start()

    assert thread.result() is None


# The result -------------------------------------------------------------------------------


def test_result_can_be_asked_for_twice() -> None:
    thread = start(sum, [1, 2, 3])

    assert [thread.result(), thread.result()] == [6, 6]


@pytest.mark.interleave
def test_two_threads_can_ask_for_the_result() -> None:
    thread = start(lambda: 42)
    answers: list[int] = []
    other = threading.Thread(target=lambda: answers.append(thread.result()))
    other.start()

    answers.append(thread.result())
    other.join()

    assert answers == [42, 42]


@pytest.mark.parametrize("outcome", [None, False, 0, ""])
def test_the_target_may_return_anything(outcome: object) -> None:
    thread = start(lambda: outcome)

    assert thread.result(timeout=60) is outcome


def test_an_exception_may_be_returned_like_anything() -> None:
    error = KeyError("returned, not raised")
    thread = start(lambda: error)

    assert thread.result() is error


@pytest.mark.interleave
def test_result_waits_as_long_as_the_target_takes() -> None:
    def take_long() -> int:
        time.sleep(120)  # costs nothing: ends when nobody else can run
        return 42

    assert start(take_long).result() == 42


# The exception ----------------------------------------------------------------------------


def fail() -> None:
    raise KeyError("from the thread")


def test_exception_of_the_target_is_raised_by_result() -> None:
    thread = start(fail)

    with pytest.raises(KeyError, match="from the thread"):
        thread.result()


def test_exception_is_raised_each_time() -> None:
    thread = start(fail)

    for _ in range(2):
        with pytest.raises(KeyError, match="from the thread"):
            thread.result()


@pytest.mark.interleave
def test_result_waits_until_the_target_has_failed() -> None:
    thread = start(fail)

    with pytest.raises(KeyError, match="from the thread"):
        thread.result()


# Waiting not for ever ---------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_result_raises_timeout_error_while_the_target_runs(timeout: float) -> None:
    may_go_on = threading.Event()
    thread = start(may_go_on.wait)

    try:
        with pytest.raises(TimeoutError):
            thread.result(timeout=timeout)
    finally:
        may_go_on.set()
    assert thread.result() is True


@pytest.mark.interleave
def test_result_with_a_timeout_returns_when_the_target_has_returned_in_time() -> None:
    thread = start(lambda: 42)

    result = thread.result(timeout=60)
    thread.join()

    assert result == 42


def test_who_does_not_want_to_wait_gets_the_result_of_a_thread_that_has_ended() -> None:
    thread = start(lambda: 42)
    thread.join()

    assert thread.result(timeout=0) == 42
