"""The table: neighbours take turns, the others do not disturb each other, and all get to eat."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from philosophers import Table

NAMES = ("Aristotle", "Plato", "Hypatia", "Confucius", "Diotima")


def sit_down(table: Table, seat: int, bite: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=table.dine, args=(seat, bite), name=NAMES[seat])
    thread.start()
    return thread


def join(*philosophers: threading.Thread) -> None:
    for philosopher in philosophers:
        philosopher.join()


# Alone at the table -----------------------------------------------------------------------


@pytest.mark.parametrize("seats", [2, 3, 4, 5])
def test_everybody_can_eat_alone(seats: int) -> None:
    table = Table(seats)
    bites: list[int] = []

    for seat in range(seats):
        table.dine(seat, lambda seat=seat: bites.append(seat))  # type: ignore[misc]

    assert bites == list(range(seats))


def test_who_has_eaten_can_eat_again() -> None:
    table = Table(2)
    bites: list[int] = []

    for _ in range(3):
        table.dine(1, lambda: bites.append(1))

    assert bites == [1, 1, 1]


def test_a_bite_that_raises_is_not_tried_again() -> None:
    table = Table(2)
    bites: list[int] = []

    def choke() -> None:
        bites.append(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        table.dine(0, choke)

    assert bites == [0]


def test_forks_are_free_again_after_a_bite_that_raises() -> None:
    table = Table(3)
    bites: list[int] = []

    with pytest.raises(ZeroDivisionError):
        table.dine(1, lambda: 1 / 0)
    for seat in range(3):
        table.dine(seat, lambda seat=seat: bites.append(seat))  # type: ignore[misc]

    assert bites == [0, 1, 2]


# Two at the table -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seats", "one", "other"), [(4, 0, 2), (4, 1, 3), (5, 0, 2), (5, 0, 3), (5, 1, 3), (5, 1, 4), (5, 2, 4)]
)
def test_two_who_share_no_fork_can_eat_together(seats: int, one: int, other: int) -> None:
    table = Table(seats)
    both_eat = threading.Barrier(2)

    # Each bite waits for the other one: for ever, if one of them may not eat meanwhile.
    join(sit_down(table, one, both_eat.wait), sit_down(table, other, both_eat.wait))


def test_two_tables_share_no_fork() -> None:
    both_eat = threading.Barrier(2)

    join(sit_down(Table(2), 0, both_eat.wait), sit_down(Table(2), 1, both_eat.wait))


@pytest.mark.interleave
@pytest.mark.parametrize(("seats", "one", "other"), [(2, 0, 1), (3, 0, 1), (3, 2, 0), (5, 3, 4), (5, 4, 0)])
def test_neighbours_never_eat_together(seats: int, one: int, other: int) -> None:
    table = Table(seats)
    fork_between_them = threading.Lock()
    was_free: list[bool] = []

    def bite() -> None:
        free = fork_between_them.acquire(blocking=False)
        was_free.append(free)
        if free:
            fork_between_them.release()

    join(sit_down(table, one, bite), sit_down(table, other, bite))

    assert was_free == [True, True]


@pytest.mark.interleave(max_schedules=600)
def test_who_is_woken_takes_no_fork_that_another_one_has_taken() -> None:
    table = Table(3)
    forks = [threading.Lock() for _ in range(3)]

    def bite(seat: int) -> None:
        """Fail when a fork of this seat is in somebody else's hands."""
        with contextlib.ExitStack() as stack:
            for fork in (forks[seat], forks[(seat + 1) % 3]):
                assert fork.acquire(blocking=False), "two neighbours eat at the same time"
                stack.callback(fork.release)

    join(*[sit_down(table, seat, partial(bite, seat)) for seat in range(3)])


@pytest.mark.interleave
def test_a_neighbour_is_waited_for_as_long_as_the_bite_takes() -> None:
    table = Table(2)
    fork_between_them = threading.Lock()
    was_free: list[bool] = []

    def bite() -> None:
        free = fork_between_them.acquire(blocking=False)
        was_free.append(free)
        time.sleep(3600)  # costs nothing: ends when nobody else can run
        if free:
            fork_between_them.release()

    join(sit_down(table, 0, bite), sit_down(table, 1, bite))

    assert was_free == [True, True]


# All at the table -------------------------------------------------------------------------


def eat() -> None:
    """A bite that disturbs nobody."""


@pytest.mark.interleave
@pytest.mark.parametrize("seats", [2, 3])
def test_all_get_to_eat(seats: int) -> None:
    table = Table(seats)

    join(*[sit_down(table, seat, eat) for seat in range(seats)])


@pytest.mark.interleave(max_schedules=200)
@pytest.mark.parametrize("seats", [4, 5])
def test_all_get_to_eat_at_a_big_table(seats: int) -> None:
    table = Table(seats)

    join(*[sit_down(table, seat, eat) for seat in range(seats)])
