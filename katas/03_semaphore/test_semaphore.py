"""The semaphore: places, waiting for one, waking those who wait."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from semaphore import Semaphore

# What it counts ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 1, 3])
def test_a_new_semaphore_has_the_places_it_was_given(value: int) -> None:
    assert Semaphore(value).value == value


def test_it_has_one_place_unless_told_otherwise() -> None:
    assert Semaphore().value == 1


def test_acquire_takes_a_place_and_release_gives_it_back() -> None:
    seats = Semaphore(2)

    assert seats.acquire() is True
    assert seats.value == 1
    assert seats.acquire() is True
    assert seats.value == 0
    seats.release()
    assert seats.value == 1


def test_acquire_without_blocking_says_no_when_it_is_full() -> None:
    seats = Semaphore(1)

    assert seats.acquire(blocking=False) is True
    assert seats.acquire(blocking=False) is False
    assert seats.value == 0


def test_release_before_acquire_adds_a_place() -> None:
    seats = Semaphore(1)

    seats.release()

    assert seats.value == 2


def test_release_gives_several_places_back() -> None:
    seats = Semaphore(0)

    seats.release(3)

    assert seats.value == 3
    assert [seats.acquire(blocking=False) for _ in range(4)] == [True, True, True, False]


def test_with_takes_a_place_and_gives_it_back() -> None:
    seats = Semaphore(1)

    with seats:
        assert seats.value == 0
    assert seats.value == 1


def test_with_gives_the_place_back_after_an_error() -> None:
    seats = Semaphore(1)

    with pytest.raises(ZeroDivisionError), seats:
        _ = 1 / 0
    assert seats.value == 1


def test_negative_value_is_refused() -> None:
    with pytest.raises(ValueError):
        Semaphore(-1)


@pytest.mark.parametrize("n", [0, -1])
def test_release_of_less_than_one_place_is_refused(n: int) -> None:
    seats = Semaphore(1)

    with pytest.raises(ValueError):
        seats.release(n)
    assert seats.value == 1


def test_timeout_without_blocking_is_refused() -> None:
    seats = Semaphore(1)

    with pytest.raises(ValueError):
        seats.acquire(blocking=False, timeout=1)
    assert seats.value == 1


# Limits -----------------------------------------------------------------------------------


def test_as_many_threads_are_in_together_as_there_are_places() -> None:
    seats = Semaphore(2)
    both_are_in = threading.Barrier(2)

    def visit() -> None:
        with seats:
            both_are_in.wait()  # for ever, if only one may be in

    guests = start(visit, visit)

    join(guests)
    assert seats.value == 2


@pytest.mark.interleave
def test_the_last_place_goes_to_one_thread_only() -> None:
    seats = Semaphore(1)
    answers: list[bool] = []

    def try_to_get_in() -> None:
        answers.append(seats.acquire(blocking=False))

    join(start(try_to_get_in, try_to_get_in))

    assert sorted(answers) == [False, True]
    assert seats.value == 0


@pytest.mark.interleave
def test_no_place_is_lost_when_two_threads_release() -> None:
    seats = Semaphore(0)

    join(start(seats.release, seats.release))

    assert seats.value == 2


# Waiting ----------------------------------------------------------------------------------


@pytest.mark.interleave
def test_release_wakes_who_waits() -> None:
    seats = Semaphore(0)
    answers: list[bool] = []

    guests = start(lambda: answers.append(seats.acquire()))
    seats.release()

    join(guests)
    assert answers == [True]
    assert seats.value == 0


@pytest.mark.interleave
def test_release_of_two_places_wakes_two() -> None:
    seats = Semaphore(0)

    guests = start(seats.acquire, seats.acquire)
    seats.release(2)

    join(guests)
    assert seats.value == 0


@pytest.mark.interleave
def test_two_releases_wake_two() -> None:
    seats = Semaphore(0)

    guests = start(seats.acquire, seats.acquire)
    seats.release()
    seats.release()

    join(guests)
    assert seats.value == 0


@pytest.mark.interleave
def test_two_semaphores_do_not_wake_for_each_other() -> None:
    front, back = Semaphore(0), Semaphore(0)

    guests = start(front.acquire, back.acquire)
    back.release()
    front.release()

    join(guests)
    assert (front.value, back.value) == (0, 0)


@pytest.mark.interleave
def test_others_can_look_and_try_while_somebody_waits() -> None:
    seats = Semaphore(0)

    guests = start(seats.acquire)
    free, got_in = seats.value, seats.acquire(blocking=False)
    seats.release()

    join(guests)
    assert (free, got_in) == (0, False)


@pytest.mark.interleave
def test_never_more_threads_are_in_than_there_are_places() -> None:
    seats = Semaphore(1)
    alone = threading.Lock()
    found_alone: list[bool] = []

    def visit() -> None:
        seats.acquire()
        was_alone = alone.acquire(blocking=False)
        found_alone.append(was_alone)
        if was_alone:
            alone.release()
        seats.release()

    seats.acquire()
    guests = start(visit, visit)
    seats.release()  # may be while both of them sleep, one of them, or none
    join(guests)

    assert found_alone == [True, True]
    assert seats.value == 1


@pytest.mark.interleave(max_steps=2000)  # more than enough to sleep, in any style
def test_a_blocked_acquire_sleeps_and_does_not_spin() -> None:
    seats = Semaphore(0)

    guests = start(seats.acquire)
    time.sleep(3600)  # costs nothing: ends when nobody else can run, unless somebody never rests
    seats.release()
    join(guests)


@pytest.mark.interleave
def test_a_place_is_waited_for_as_long_as_it_takes() -> None:
    seats = Semaphore(0)
    answers: list[bool] = []

    guests = start(lambda: answers.append(seats.acquire()))
    time.sleep(3600)  # costs nothing: ends when nobody else can run
    seats.release()

    join(guests)
    assert answers == [True]
    assert seats.value == 0


# Waiting not for ever ---------------------------------------------------------------------


def test_acquire_with_a_timeout_returns_true_at_once_when_there_is_a_place() -> None:
    seats = Semaphore(1)

    assert seats.acquire(timeout=3600) is True
    assert seats.value == 0


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_acquire_with_a_timeout_returns_false_when_no_place_comes(timeout: float) -> None:
    seats = Semaphore(0)

    assert seats.acquire(timeout=timeout) is False
    assert seats.value == 0


def test_who_gave_up_leaves_the_next_place_to_others() -> None:
    seats = Semaphore(0)

    assert seats.acquire(timeout=0.01) is False
    seats.release()
    assert seats.value == 1
    assert seats.acquire(timeout=0.01) is True


@pytest.mark.interleave
def test_acquire_with_a_timeout_gets_the_place_that_comes_in_time() -> None:
    seats = Semaphore(0)
    answers: list[bool] = []

    guests = start(lambda: answers.append(seats.acquire(timeout=1)))
    seats.release()
    join(guests)

    assert answers == [True]
    assert seats.value == 0


@pytest.mark.interleave
def test_the_timeout_is_for_the_whole_call() -> None:
    """Being woken in vain, because somebody else was quicker, does not start it again."""
    seats = Semaphore(0)
    answers: list[bool] = []

    guests = start(lambda: answers.append(seats.acquire(timeout=0.3)))
    time.sleep(0.2)
    seats.release()  # wakes the guest ...
    taken_away = seats.acquire(blocking=False)  # ... for nothing, mostly
    time.sleep(0.2)
    answers_in_time = list(answers)
    seats.release()
    join(guests)

    assert answers_in_time == [not taken_away], "0.4 s have passed, the timeout was 0.3 s"


@pytest.mark.interleave
def test_a_place_that_comes_at_the_last_moment_is_taken_or_still_there() -> None:
    seats = Semaphore(0)
    answers: list[bool] = []

    guests = start(lambda: answers.append(seats.acquire(timeout=1)))
    time.sleep(1)  # as long as the timeout: either may be over first
    seats.release()

    join(guests)
    assert (answers, seats.value) in [([True], 0), ([False], 1)]


# How it is built --------------------------------------------------------------------------


def test_it_is_not_built_on_the_one_of_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("threading.Semaphore is what you are building here: use a Lock, a counter, a Condition")

    monkeypatch.setattr(threading.Semaphore, "__init__", refuse)
    seats = Semaphore(1)
    seats.acquire()
    seats.acquire(timeout=0.01)
    seats.release()


# Helpers ----------------------------------------------------------------------------------


def start(*jobs: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=job, name=f"guest {i}") for i, job in enumerate(jobs, start=1)]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
