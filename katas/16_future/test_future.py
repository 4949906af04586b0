"""What a Future promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

import pytest
from future import Future, InvalidState


class CallbackBroke(Exception):
    """What the bad callbacks raise."""


def bad_callback(future: Future) -> None:
    raise CallbackBroke("the callback broke")


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


def filled(result: object = 42) -> Future:
    future = Future()
    future.set_result(result)
    return future


# The result -------------------------------------------------------------------------------


def test_a_new_future_is_not_done() -> None:
    assert Future().done() is False


def test_result_returns_what_was_set() -> None:
    future = filled(42)
    assert future.done() is True
    assert future.result() == 42
    assert future.result() == 42


def test_result_raises_the_exception_that_was_set() -> None:
    future, error = Future(), ValueError("no answer")
    future.set_exception(error)
    assert future.done() is True
    for _ in range(2):
        with pytest.raises(ValueError) as raised:
            future.result()
        assert raised.value is error


def test_result_raises_whatever_kind_of_exception_was_set() -> None:
    future, error = Future(), KeyboardInterrupt()
    future.set_exception(error)
    with pytest.raises(KeyboardInterrupt) as raised:
        future.result()
    assert raised.value is error


def test_none_is_a_result() -> None:
    future = filled(None)
    assert future.done() is True
    assert future.result(timeout=0.01) is None


def test_an_exception_may_be_a_result_too() -> None:
    error = ValueError("just an object")
    assert filled(error).result() is error


@pytest.mark.parametrize("timeout", [0, 0.01])
def test_result_raises_a_timeout_error_when_nothing_comes_in_time(timeout: float) -> None:
    future = Future()
    with pytest.raises(TimeoutError):
        future.result(timeout)
    assert future.done() is False


def test_a_timeout_of_zero_is_enough_when_the_result_is_there() -> None:
    assert filled(42).result(timeout=0) == 42


def test_a_result_may_come_after_a_timeout() -> None:
    future = Future()
    with pytest.raises(TimeoutError):
        future.result(timeout=0)
    future.set_result(42)
    assert future.result() == 42


# Set once ---------------------------------------------------------------------------------


def test_a_result_cannot_be_replaced() -> None:
    future = filled(42)
    with pytest.raises(InvalidState):
        future.set_result(43)
    with pytest.raises(InvalidState):
        future.set_exception(ValueError("too late"))
    assert future.result() == 42


def test_an_exception_cannot_be_replaced() -> None:
    future = Future()
    future.set_exception(ValueError("no answer"))
    with pytest.raises(InvalidState):
        future.set_result(42)
    with pytest.raises(InvalidState):
        future.set_exception(KeyError("too late"))
    with pytest.raises(ValueError):
        future.result()


@pytest.mark.interleave
def test_of_two_threads_that_set_at_once_exactly_one_succeeds() -> None:
    future = Future()

    def try_to_set(name: str) -> bool:
        try:
            future.set_result(name)
        except InvalidState:
            return False
        return True

    succeeded = together(ann=lambda: try_to_set("ann"), bob=lambda: try_to_set("bob"))
    assert sorted(map(bool, succeeded.values())) == [False, True]
    assert succeeded[future.result()]


# Waiting ----------------------------------------------------------------------------------


@pytest.mark.interleave
def test_who_waits_gets_the_result() -> None:
    future = Future()
    answers = together(
        asker=future.result,
        setter=lambda: future.set_result(42),
    )
    assert answers["asker"] == 42


@pytest.mark.interleave
def test_two_who_wait_both_get_the_result() -> None:
    future = Future()
    answers = together(
        ann=future.result,
        bob=future.result,
        setter=lambda: future.set_result(42),
    )
    assert (answers["ann"], answers["bob"]) == (42, 42)


@pytest.mark.interleave
def test_who_waits_gets_the_exception() -> None:
    future, error = Future(), ValueError("no answer")

    def ask() -> object:
        try:
            return future.result()
        except ValueError as raised:
            return raised

    answers = together(
        asker=ask,
        setter=lambda: future.set_exception(error),
    )
    assert answers["asker"] is error


@pytest.mark.interleave
def test_who_waits_with_a_timeout_gets_the_result_that_comes_in_time() -> None:
    future = Future()
    answers = together(
        asker=lambda: future.result(timeout=5),
        setter=lambda: future.set_result(42),
    )
    assert answers["asker"] == 42


@pytest.mark.interleave
def test_a_result_is_waited_for_as_long_as_it_takes() -> None:
    future = Future()

    def ask() -> object:
        try:
            return future.result()
        except TimeoutError:
            return "gave up"

    def set_late() -> None:
        time.sleep(3600)  # costs nothing: time is virtual
        future.set_result(42)

    assert together(asker=ask, setter=set_late)["asker"] == 42


@pytest.mark.interleave
def test_a_future_that_is_done_has_its_result() -> None:
    future = Future()
    answers = together(
        asker=lambda: future.result() if future.done() else "not yet",
        setter=lambda: future.set_result(42),
    )
    assert answers["asker"] in ("not yet", 42)


# Callbacks --------------------------------------------------------------------------------


def test_callbacks_are_called_with_the_future_when_the_result_is_set() -> None:
    future = Future()
    calls: list[tuple[str, Future]] = []
    future.add_done_callback(lambda done: calls.append(("first", done)))
    future.add_done_callback(lambda done: calls.append(("second", done)))
    assert calls == []
    future.set_result(42)
    assert sorted(name for name, _ in calls) == ["first", "second"]
    assert all(done is future for _, done in calls)


def test_callbacks_are_called_when_an_exception_is_set() -> None:
    future = Future()
    calls: list[Future] = []
    future.add_done_callback(calls.append)
    future.set_exception(ValueError("no answer"))
    assert calls == [future]


def test_a_callback_that_is_added_late_is_called_too() -> None:
    future = filled(42)
    calls: list[Future] = []
    future.add_done_callback(calls.append)
    assert calls == [future]


def test_a_refused_second_result_does_not_call_the_callbacks_again() -> None:
    future = Future()
    calls: list[Future] = []
    future.add_done_callback(calls.append)
    future.set_result(42)
    with pytest.raises(InvalidState):
        future.set_result(43)
    assert calls == [future]


@pytest.mark.interleave
def test_a_callback_that_is_added_while_the_result_is_set_is_called_once() -> None:
    future = Future()
    calls: list[Future] = []
    together(
        setter=lambda: future.set_result(42),
        adder=lambda: future.add_done_callback(calls.append),
    )
    assert calls == [future]


@pytest.mark.interleave
def test_two_callbacks_that_are_added_at_once_are_both_called() -> None:
    future = Future()
    calls: list[str] = []
    together(
        ann=lambda: future.add_done_callback(lambda _: calls.append("of ann")),
        bob=lambda: future.add_done_callback(lambda _: calls.append("of bob")),
    )
    future.set_result(42)
    assert sorted(calls) == ["of ann", "of bob"]


def test_two_futures_do_not_share_their_callbacks() -> None:
    ours, theirs = Future(), Future()
    calls: list[Future] = []
    ours.add_done_callback(calls.append)
    theirs.set_result(43)
    assert calls == []
    assert ours.done() is False
    ours.set_result(42)
    assert calls == [ours]


# What callbacks may do --------------------------------------------------------------------


def test_a_callback_may_ask_the_future() -> None:
    future = Future()
    seen: list[object] = []

    def ask(done: Future) -> None:
        seen.append(done.done())
        seen.append(done.result())

    future.add_done_callback(ask)
    future.set_result(42)
    assert seen == [True, 42]


def test_a_late_callback_may_ask_the_future() -> None:
    seen: list[object] = []
    filled(42).add_done_callback(lambda done: seen.append(done.result()))
    assert seen == [42]


def test_a_callback_may_add_a_callback() -> None:
    future = Future()
    calls: list[Future] = []
    future.add_done_callback(lambda done: done.add_done_callback(calls.append))
    future.set_result(42)
    assert calls == [future]


def test_a_callback_may_wait_for_a_thread_that_asks_the_future() -> None:
    future = Future()
    answers: list[object] = []
    future.add_done_callback(lambda done: answers.append(together(asker=done.result)["asker"]))
    future.set_result(42)
    assert answers == [42]


def test_an_error_in_a_callback_is_reported_and_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    future = Future()
    calls: list[Future] = []
    future.add_done_callback(calls.append)
    future.add_done_callback(bad_callback)
    future.add_done_callback(calls.append)
    future.set_result(42)
    assert calls == [future, future]
    assert future.result() == 42
    reported = capsys.readouterr().err + caplog.text
    assert "CallbackBroke" in reported or "the callback broke" in reported


def test_an_error_in_a_late_callback_does_not_get_lost(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    future = filled(42)
    raised = ""
    try:
        future.add_done_callback(bad_callback)
    except CallbackBroke as error:
        raised = str(error)
    assert future.result() == 42
    reported = raised + capsys.readouterr().err + caplog.text
    assert "CallbackBroke" in reported or "the callback broke" in reported
