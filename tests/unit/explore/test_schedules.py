"""Schedules as tokens, made small, and the random ways to draw them."""

from __future__ import annotations

import random

import pytest
from pytest_sensei.explore import token
from pytest_sensei.explore.scheduler import Switch
from pytest_sensei.explore.shrink import shrink

NEVER = 1e12  # a deadline in the far future, on the monotonic clock


def some_switches(seed: int) -> tuple[Switch, ...]:
    draw = random.Random(seed)
    ticks = dict.fromkeys(range(4), 0)
    switches = []
    for _ in range(draw.randint(0, 12)):
        number = draw.randrange(4)
        ticks[number] += draw.choice((1, 2, 30, 31, 32, 900, 5000))
        switches.append(Switch(number, ticks[number], draw.randrange(4)))
    return tuple(switches)


@pytest.mark.parametrize("any_timeouts", [False, True])
def test_a_token_gives_back_the_schedule(any_timeouts: bool) -> None:
    for seed in range(200):
        switches = some_switches(seed)
        text = token.encode(switches, "test", any_timeouts=any_timeouts)
        assert text.isalnum()
        assert token.decode(text, "test") == (switches, any_timeouts)


def test_the_token_of_one_preemption_is_short() -> None:
    assert len(token.encode([Switch(1, 2, 2)], "test")) == 7


def test_a_token_is_good_for_its_own_test_only() -> None:
    text = token.encode([Switch(1, 2, 2)], "test")
    with pytest.raises(token.BadToken, match="no schedule of this test as it stands now"):
        token.decode(text, "another test")


@pytest.mark.parametrize("text", ["", "x", "???", "abc1", "000!"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(token.BadToken):
        token.decode(text, "test")


def needing(*wanted: Switch):
    """Return a trial that fails as before exactly when all these switches are made."""
    tried = []

    def attempt(switches: tuple[Switch, ...]) -> tuple[Switch, ...] | None:
        tried.append(switches)
        return switches if set(wanted) <= set(switches) else None

    return attempt, tried


@pytest.mark.parametrize("length", [1, 3, 6, 20, 100])
def test_switches_that_are_not_needed_are_dropped(length: int) -> None:
    switches = tuple(Switch(1, tick, 2) for tick in range(length))
    needed = switches[length // 2]
    attempt, tried = needing(needed)
    assert shrink(switches, attempt, NEVER) == (needed,)
    assert len(tried) <= 150


def test_a_smaller_combination_is_found_where_dropping_one_by_one_would_not() -> None:
    one, two, three = (Switch(1, tick, 2) for tick in (1, 2, 3))

    def attempt(switches: tuple[Switch, ...]) -> tuple[Switch, ...] | None:
        return switches if switches == (three,) else None

    assert shrink((one, two, three), attempt, NEVER) == (three,)


def test_nothing_is_dropped_from_what_is_needed() -> None:
    switches = tuple(Switch(1, tick, 2) for tick in range(4))
    attempt, _ = needing(*switches)
    assert shrink(switches, attempt, NEVER) == switches
