"""What a RateLimiter promises. In marked tests time is made: nobody sleeps, and sleeps are exact.

They run in every order in which the threads can take turns. Time passes only when all of them
sleep, so a thread that sleeps a moment comes later than one that does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from rate_limiter import RateLimiter

RATE = 4  # tokens in a second
ONE = 1 / RATE  # seconds until a token has come
MOMENT = ONE / 4


def about(seconds: float) -> Any:
    """With some room, so that any way of sleeping is exact enough, on a real clock too."""
    return pytest.approx(seconds, abs=0.1)


class Clock:
    """Tells the seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self.start


def empty_limiter(burst: int = 2) -> RateLimiter:
    limiter = RateLimiter(RATE, burst)
    assert limiter.acquire(burst, timeout=0) is True
    return limiter


def together(**jobs: Callable[[], object]) -> dict[str, Any]:
    """Run each job in a thread of that name, all at once; what each one returned."""
    answers: dict[str, Any] = dict.fromkeys(jobs)

    def run(name: str) -> None:
        answers[name] = jobs[name]()

    threads = [Thread(target=run, args=(name,), name=name) for name in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# Without waiting --------------------------------------------------------------------------


@pytest.mark.interleave
def test_the_bucket_is_full_at_the_start() -> None:
    limiter, clock = RateLimiter(RATE, 3), Clock()
    assert [limiter.acquire() for _ in range(3)] == [True, True, True]
    assert clock() == about(0)


@pytest.mark.interleave
def test_all_of_the_bucket_can_be_taken_at_once() -> None:
    limiter, clock = RateLimiter(RATE, 3), Clock()
    assert limiter.acquire(3) is True
    assert clock() == about(0)


@pytest.mark.parametrize("timeout", [None, 0, 10])
def test_more_than_the_bucket_holds_is_refused(timeout: float | None) -> None:
    limiter = RateLimiter(RATE, 3)
    with pytest.raises(ValueError):
        limiter.acquire(4, timeout)
    assert limiter.acquire(3, timeout=0) is True


# Tokens come with time --------------------------------------------------------------------


@pytest.mark.interleave
def test_acquire_sleeps_until_the_token_has_come() -> None:
    limiter, clock = empty_limiter(), Clock()
    assert limiter.acquire() is True
    assert clock() == about(1 * ONE)
    assert limiter.acquire() is True
    assert clock() == about(2 * ONE)


@pytest.mark.interleave
def test_acquire_sleeps_until_all_tokens_have_come() -> None:
    limiter, clock = empty_limiter(burst=3), Clock()
    assert limiter.acquire(3) is True
    assert clock() == about(3 * ONE)


@pytest.mark.interleave
def test_tokens_gather_while_nobody_asks() -> None:
    limiter, clock = empty_limiter(), Clock()
    time.sleep(2 * ONE)
    assert limiter.acquire(2) is True
    assert clock() == about(2 * ONE)
    assert limiter.acquire() is True
    assert clock() == about(3 * ONE)


@pytest.mark.interleave
def test_acquire_sleeps_only_for_what_is_missing() -> None:
    limiter, clock = empty_limiter(burst=4), Clock()
    time.sleep(2 * ONE)
    assert limiter.acquire(4) is True
    assert clock() == about(4 * ONE)


@pytest.mark.interleave
def test_a_token_may_take_long_to_come() -> None:
    limiter, clock = RateLimiter(0.3, 1), Clock()
    assert [limiter.acquire(), limiter.acquire(timeout=4)] == [True, True]
    assert clock() == about(1 / 0.3)


@pytest.mark.interleave
def test_each_limiter_has_its_own_bucket() -> None:
    ours, theirs = empty_limiter(), RateLimiter(RATE, 2)
    assert theirs.acquire(timeout=0) is True
    assert ours.acquire(timeout=0) is False
    assert theirs.acquire(timeout=0) is True


@pytest.mark.interleave
def test_a_clock_that_is_set_right_brings_no_tokens_and_takes_none() -> None:
    limiter = empty_limiter()
    with pytest.MonkeyPatch.context() as somebody:
        right = time.time()
        somebody.setattr(time, "time", lambda: right + 3600)
        assert limiter.acquire(timeout=0) is False
        somebody.setattr(time, "time", lambda: right - 3600)
        assert limiter.acquire(timeout=2 * ONE) is True


# Timeouts ---------------------------------------------------------------------------------


@pytest.mark.interleave
def test_a_timeout_of_zero_never_sleeps() -> None:
    limiter, clock = RateLimiter(RATE, 1), Clock()
    assert limiter.acquire(timeout=0) is True
    assert limiter.acquire(timeout=0) is False
    assert clock() == about(0)


@pytest.mark.interleave
def test_acquire_gives_up_when_the_tokens_do_not_come_in_time() -> None:
    limiter, clock = empty_limiter(burst=4), Clock()
    assert limiter.acquire(4, timeout=2 * ONE) is False
    assert clock() <= 2 * ONE + 0.1


@pytest.mark.interleave
def test_acquire_does_not_sleep_longer_than_it_must_when_there_is_time() -> None:
    limiter, clock = empty_limiter(), Clock()
    assert limiter.acquire(timeout=60) is True
    assert clock() == about(ONE)


@pytest.mark.interleave
def test_who_gives_up_takes_no_tokens() -> None:
    limiter, clock = empty_limiter(), Clock()
    assert limiter.acquire(2, timeout=ONE) is False
    assert limiter.acquire(2) is True
    assert clock() == about(2 * ONE)


# What is in the bucket -------------------------------------------------------------------


@pytest.mark.interleave
def test_no_more_tokens_gather_than_the_bucket_holds() -> None:
    limiter = empty_limiter()
    time.sleep(8 * ONE)
    assert limiter.acquire(2, timeout=0) is True
    assert limiter.acquire(timeout=0) is False


@pytest.mark.interleave
def test_looking_too_early_costs_nothing() -> None:
    limiter = empty_limiter()
    time.sleep(ONE / 2)
    assert limiter.acquire(timeout=0) is False
    time.sleep(ONE / 2 + MOMENT)
    assert limiter.acquire(timeout=0) is True


# Several threads --------------------------------------------------------------------------


@pytest.mark.interleave
def test_one_token_goes_to_one_thread() -> None:
    limiter = RateLimiter(RATE, 1)
    answers = together(
        ann=lambda: limiter.acquire(timeout=MOMENT),
        bob=lambda: limiter.acquire(timeout=MOMENT),
    )
    assert sorted(answers.values()) == [False, True]
    assert limiter.acquire(timeout=0) is False


@pytest.mark.interleave
def test_two_threads_that_take_a_token_each_have_taken_two() -> None:
    limiter = RateLimiter(RATE, 3)
    answers = together(
        ann=lambda: limiter.acquire(timeout=MOMENT),
        bob=lambda: limiter.acquire(timeout=MOMENT),
    )
    assert answers == {"ann": True, "bob": True}
    assert limiter.acquire(2, timeout=0) is False
    assert limiter.acquire(1, timeout=0) is True


@pytest.mark.interleave
def test_tokens_that_have_gathered_are_counted_once() -> None:
    limiter = empty_limiter(burst=3)
    time.sleep(2 * ONE + MOMENT)
    answers = together(
        ann=lambda: limiter.acquire(timeout=MOMENT),
        bob=lambda: limiter.acquire(timeout=MOMENT),
    )
    assert answers == {"ann": True, "bob": True}
    assert limiter.acquire(timeout=0) is False


@pytest.mark.interleave
def test_two_who_sleep_get_one_token_after_the_other() -> None:
    limiter, clock = empty_limiter(), Clock()

    def take() -> float:
        assert limiter.acquire() is True
        return clock()

    answers = together(ann=take, bob=take)
    assert sorted(answers.values()) == [about(1 * ONE), about(2 * ONE)]


@pytest.mark.interleave
def test_who_comes_first_is_served_first() -> None:
    limiter, clock = empty_limiter(), Clock()

    def take(after: float) -> float:
        time.sleep(after)
        assert limiter.acquire() is True
        return clock()

    answers = together(early=lambda: take(0), late=lambda: take(MOMENT))
    assert answers["early"] == about(1 * ONE)
    assert answers["late"] == about(2 * ONE)


@pytest.mark.interleave
def test_who_wants_little_does_not_overtake_who_wants_much() -> None:
    limiter, clock = empty_limiter(), Clock()

    def take(after: float, tokens: int) -> float:
        time.sleep(after)
        assert limiter.acquire(tokens) is True
        return clock()

    answers = together(early=lambda: take(0, 2), late=lambda: take(MOMENT, 1))
    assert answers["early"] == about(2 * ONE)
    assert answers["late"] == about(3 * ONE)


@pytest.mark.interleave
def test_who_cannot_wait_is_told_while_another_sleeps() -> None:
    limiter, clock = empty_limiter(burst=4), Clock()

    def ask(after: float) -> float:
        time.sleep(after)
        assert limiter.acquire(timeout=0) is False
        return clock()

    answers = together(sleeper=lambda: limiter.acquire(4), impatient=lambda: ask(MOMENT))
    assert answers["sleeper"] is True
    assert answers["impatient"] == about(MOMENT)


@pytest.mark.interleave
def test_who_gives_up_leaves_the_tokens_to_the_next() -> None:
    limiter, clock = empty_limiter(), Clock()

    def give_up() -> bool:
        return bool(limiter.acquire(2, timeout=1.5 * ONE))

    def take(after: float) -> float:
        time.sleep(after)
        assert limiter.acquire() is True
        return clock()

    answers = together(early=give_up, late=lambda: take(MOMENT))
    assert answers["early"] is False
    assert ONE - 0.1 <= answers["late"] <= 1.5 * ONE + 0.1
