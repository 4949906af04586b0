"""Squares from other processes: what comes back, in which order, and who is left."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from multiprocessing.queues import Queue, SimpleQueue
from pathlib import Path
from typing import Any

import pytest
import special_numbers
from pytest_sensei.dojo.stillness import Company
from special_numbers import (
    First,
    FirstFails,
    Great,
    Guest,
    Last,
    Lingering,
    Meeting,
    Patient,
    SecondFails,
    Where,
)
from square_all import square_all

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# Squares ----------------------------------------------------------------------------------


def test_a_number_is_squared() -> None:
    assert square_all([3]) == [9]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_squares_come_in_the_order_of_the_numbers() -> None:
    assert square_all([3, 1, 2, 5, 4]) == [9, 1, 4, 25, 16]


def test_no_numbers_have_no_squares() -> None:
    assert square_all([]) == []


def test_any_number_has_a_square_even_nothing() -> None:
    assert square_all([0, -1, 0.5, 1j, Fraction(1, 3)]) == [0, 1, 0.25, -1, Fraction(1, 9)]


def test_a_number_that_comes_twice_has_two_squares() -> None:
    assert square_all([2, 3, 2]) == [4, 9, 4]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_all_workers_end(workers: int) -> None:
    numbers = [*range(20), *range(10)]
    assert square_all(numbers, workers) == [n * n for n in numbers]


def test_there_may_be_more_workers_than_numbers() -> None:
    assert square_all([2], workers=3) == [4]


@pytest.mark.parametrize("workers", [0, -1])
def test_at_least_one_worker_is_needed(workers: int) -> None:
    with pytest.raises(ValueError):
        square_all([1, 2], workers=workers)


def test_great_squares_come_through_too() -> None:
    numbers = [Great(1), Great(2), Great(3)]  # a square of 300 kB each, and a pipe has room for 64
    assert square_all(numbers, workers=2) == [1, 4, 9]


# Workers ----------------------------------------------------------------------------------


def test_squares_are_computed_in_other_processes() -> None:
    assert os.getpid() not in square_all([Where(1), Where(2)])


def test_there_are_no_more_processes_than_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever squares its first number waits for two others: if there can be three, they meet.
    monkeypatch.setattr(special_numbers, "company", Company(3))
    assert len(set(square_all([Where(n) for n in range(20)], workers=2))) <= 2


def test_two_workers_compute_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special_numbers, "meeting", multiprocessing.Barrier(2))
    assert square_all([Meeting(2), Meeting(3)], workers=2) == [4, 9]


def test_a_square_that_comes_late_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special_numbers, "last_is_back", multiprocessing.Event())
    assert square_all([First(2), 3, 4, Last(5)], workers=2) == [4, 9, 16, 25]


def test_squares_are_not_lost_when_the_workers_have_ended_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(special_numbers, "slow_caller", os.getpid())
    assert square_all([Lingering(2), Lingering(3), Lingering(4)], workers=2) == [4, 9, 16]


@pytest.mark.usefixtures("limits_are_over")
def test_squares_are_waited_for_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special_numbers, "caller", os.getpid())
    assert square_all([Patient(2), Patient(3)], workers=2) == [4, 9]


def test_workers_end_by_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(special_numbers, "guest_book", tmp_path)
    square_all([Guest(1), Guest(2)], workers=2)
    stopped = [worker for worker in tmp_path.iterdir() if not (worker / "home").exists()]
    assert not stopped, "a worker was stopped; it should be told that no more will come, and end by itself"


def test_an_empty_queue_is_no_sign_of_the_end(slow_queues: None) -> None:
    assert square_all([1, 2, 3, 4], workers=2) == [1, 4, 9, 16]


# Errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_number_is_raised(workers: int) -> None:
    with pytest.raises(TypeError):
        square_all([1, "two", 3], workers=workers)


def test_there_may_be_more_errors_than_workers() -> None:
    with pytest.raises(TypeError):
        square_all(["one", "two", "three", 4], workers=2)


def test_of_two_errors_the_first_in_order_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special_numbers, "last_is_back", multiprocessing.Event())
    with pytest.raises(KeyError, match="first in order"):
        square_all([FirstFails(1), SecondFails(2), 3, Last(4)], workers=2)


# What the tests need ----------------------------------------------------------------------


@pytest.fixture
def slow_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first look at a queue find nothing, in each process, as it may be at any time.

    "After putting an object on an empty queue there may be an infinitesimal delay before the queue's
    empty() method returns False and get_nowait() can return without raising queue.Empty": so the
    documentation of multiprocessing, and the item may not even have been put yet.
    """
    looks: Counter[tuple[int, int]] = Counter()

    def first_look(which: object) -> bool:
        looks[os.getpid(), id(which)] += 1
        return looks[os.getpid(), id(which)] == 1

    def slow_empty(real: Callable[[Any], bool]) -> Callable[[Any], bool]:
        return lambda self: first_look(self) or real(self)

    real_get = Queue.get

    def slow_get(self: Queue[Any], block: bool = True, timeout: float | None = None) -> Any:
        waits = block and (timeout is None or timeout > 10)
        if not waits and first_look(self):
            raise queue.Empty
        return real_get(self, block, timeout)

    monkeypatch.setattr(Queue, "empty", slow_empty(Queue.empty))
    monkeypatch.setattr(SimpleQueue, "empty", slow_empty(SimpleQueue.empty))
    monkeypatch.setattr(Queue, "get", slow_get)
