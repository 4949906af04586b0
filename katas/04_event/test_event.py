"""The event: a flag, waiting for it, and being woken by it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from event import Event

# The flag ---------------------------------------------------------------------------------


def test_a_new_event_is_not_set() -> None:
    assert Event().is_set() is False


def test_set_puts_the_flag_up_and_clear_puts_it_down() -> None:
    event = Event()

    event.set()
    assert event.is_set() is True
    event.clear()
    assert event.is_set() is False


def test_set_and_clear_may_be_called_twice() -> None:
    event = Event()

    event.clear()
    event.set()
    event.set()
    assert event.is_set() is True
    event.clear()
    event.clear()
    assert event.is_set() is False


# Waiting ----------------------------------------------------------------------------------


def test_who_comes_after_set_does_not_wait() -> None:
    event = Event()

    event.set()

    assert event.wait() is True
    assert event.wait(timeout=0) is True
    assert event.is_set() is True


@pytest.mark.interleave
def test_set_wakes_who_waits() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait()))
    event.set()  # may be before, while or after the other one looks
    join(guests)

    assert answers == [True]


@pytest.mark.interleave(max_steps=2000)  # more than enough to sleep, in any style
def test_who_waits_sleeps_and_does_not_spin() -> None:
    event = Event()

    guests = start(event.wait)
    time.sleep(3600)  # costs nothing: ends when nobody else can run, unless somebody never rests
    event.set()
    join(guests)


@pytest.mark.interleave
def test_set_is_waited_for_as_long_as_it_takes() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait()))
    time.sleep(3600)  # costs nothing: ends when nobody else can run
    event.set()
    join(guests)

    assert answers == [True]


@pytest.mark.interleave
def test_set_wakes_all_who_wait() -> None:
    event = Event()
    answers: list[bool] = []

    def wait_for_it() -> None:
        answers.append(event.wait())

    guests = start(wait_for_it, wait_for_it)
    event.set()
    join(guests)

    assert answers == [True, True]


@pytest.mark.interleave
def test_set_from_two_threads_wakes_who_waits() -> None:
    event = Event()

    setters = start(event.set, event.set)
    answer = event.wait()
    join(setters)

    assert answer is True
    assert event.is_set() is True


@pytest.mark.interleave
def test_an_event_wakes_nobody_who_waits_for_another_one() -> None:
    event, other = Event(), Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait(timeout=1)))
    time.sleep(0.5)  # ends when nobody else can run: now it waits
    other.set()
    join(guests)

    assert answers == [False]
    assert event.is_set() is False


# Waiting not for ever ---------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_wait_with_a_timeout_returns_false_when_nobody_calls_set(timeout: float) -> None:
    event = Event()

    assert event.wait(timeout=timeout) is False
    assert event.is_set() is False


@pytest.mark.interleave
def test_wait_with_a_timeout_returns_true_when_set_comes_in_time() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait(timeout=1)))
    event.set()
    join(guests)

    assert answers == [True]


def test_who_gave_up_is_forgotten() -> None:
    event = Event()

    assert event.wait(timeout=0.01) is False
    event.set()
    event.clear()
    assert event.wait(timeout=0.01) is False
    event.set()
    assert event.wait() is True


# Clearing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [None, 1])
@pytest.mark.interleave
def test_who_waits_when_set_is_called_goes_on_even_if_clear_follows_at_once(timeout: float | None) -> None:
    event = Event()
    answers: list[bool] = []

    def wait_for_it() -> None:
        answers.append(event.wait(timeout))

    guests = start(wait_for_it, wait_for_it)
    time.sleep(0.1)  # ends when nobody else can run: now both wait
    event.set()
    event.clear()
    join(guests)

    assert answers == [True, True]
    assert event.is_set() is False


@pytest.mark.interleave
def test_clear_does_not_send_those_away_who_wait() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait()))
    event.clear()
    event.set()
    join(guests)

    assert answers == [True]


@pytest.mark.interleave
def test_clear_alone_neither_wakes_who_waits_nor_makes_it_wait_longer() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait(timeout=1)))
    time.sleep(0.5)
    event.clear()
    time.sleep(1)
    event.set()  # too late
    join(guests)

    assert answers == [False]


@pytest.mark.interleave
def test_who_comes_after_clear_does_not_wake_up_in_place_of_who_waited() -> None:
    event = Event()
    answers: list[bool] = []

    guests = start(lambda: answers.append(event.wait()))
    time.sleep(0.1)  # ends when nobody else can run: now it waits
    event.set()
    event.clear()
    late = event.wait(timeout=1)
    join(guests)

    assert (late, answers) == (False, [True])


def test_who_comes_after_clear_waits_again() -> None:
    event = Event()

    event.set()
    event.clear()

    assert event.wait(timeout=0.02) is False


@pytest.mark.interleave
def test_it_can_be_used_again_after_clear() -> None:
    event = Event()
    event.set()
    event.clear()

    setters = start(event.set)
    answer = event.wait()
    join(setters)

    assert answer is True


# How it is built --------------------------------------------------------------------------


def test_it_is_not_built_on_the_one_of_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("threading.Event is what you are building here: use a Condition, or locks")

    monkeypatch.setattr(threading.Event, "__init__", refuse)
    event = Event()
    event.wait(timeout=0.01)
    event.set()
    event.wait()


# Helpers ----------------------------------------------------------------------------------


def start(*jobs: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=job, name=f"guest {i}") for i, job in enumerate(jobs, start=1)]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
