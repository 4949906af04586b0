"""A process class: what it puts into its queue, in which process, however it is started."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from queue import Empty
from typing import Any

import pytest
from process_subclass import Squarer
from pytest_sensei.dojo import stillness
from signed_queue import LazyQueue, SignedQueue, SmallQueue
from unusual_numbers import LateNumber, NotingNumber

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture
def results(request: pytest.FixtureRequest) -> Iterator[SignedQueue]:
    # What the "spawn" context makes can be handed to any process, however it is started.
    kind = getattr(request, "param", SignedQueue)
    queue = kind(ctx=multiprocessing.get_context("spawn"))
    yield queue
    queue.close()
    queue.join_thread()


def signed_items_in(results: SignedQueue) -> list[tuple[int, Any]]:
    """Return what has been put, and by whom. Whoever puts must have ended."""
    items = []
    while not results.empty():
        items.append(results.get())
    return items


def items_in(results: SignedQueue) -> list[Any]:
    return [item for _, item in signed_items_in(results)]


def squares(numbers: Any, results: SignedQueue) -> list[Any]:
    process = Squarer(numbers, results)
    process.start()
    process.join()
    assert process.exitcode == 0, "the process did not end well: its traceback is below"
    return items_in(results)


def test_it_is_a_process_that_knows_what_to_run() -> None:
    assert issubclass(Squarer, BaseProcess)
    assert Squarer.run is not BaseProcess.run, "Squarer has no run() of its own"


def test_the_work_is_done_in_a_process_of_its_own(results: SignedQueue) -> None:
    process = Squarer([1, 2], results)
    process.start()
    there = process.pid

    assert there is not None, "start() has started no process"
    process.join()
    signatures = {who for who, _ in signed_items_in(results)}
    assert results.puts == 0, "a square was put by the process that made the Squarer"
    assert signatures <= {there}, "not all squares were put by the process of its own"


def test_each_number_gives_one_square_in_order(results: SignedQueue) -> None:
    assert squares([3, 0, 1, 2, 2], results) == [9, 0, 1, 4, 4]


def test_one_that_takes_long_is_not_overtaken(results: SignedQueue) -> None:
    assert squares([LateNumber(3), 1, 2], results) == [9, 1, 4]


def test_the_squares_are_computed_in_the_new_process_too(results: SignedQueue) -> None:
    NotingNumber.multiplied_here = 0

    assert squares([NotingNumber(2), NotingNumber(3)], results) == [4, 9]
    assert NotingNumber.multiplied_here == 0, "a square was computed by the process that made the Squarer"


@pytest.mark.parametrize("results", [SmallQueue], indirect=True, ids=["small"])
def test_a_queue_that_is_full_is_waited_for(results: SignedQueue) -> None:
    process = Squarer([1, 2, 3], results)
    process.start()
    assert process.pid is not None
    stillness.until_asleep(process.pid)  # the queue is full, and nobody takes anything

    items = []
    while process.is_alive() or not results.empty():
        with contextlib.suppress(Empty):
            items.append(results.get(timeout=0.05)[1])
    process.join()

    assert items == [1, 4, 9]
    assert process.exitcode == 0, "the process did not end well: its traceback is below"


@pytest.mark.usefixtures("limits_are_over")
def test_room_in_the_queue_is_waited_for_as_long_as_it_takes() -> None:
    results = multiprocessing.get_context("spawn").Queue(1)
    process = Squarer([1, 2, 3], results)
    process.start()
    assert process.pid is not None
    stillness.until_asleep(process.pid)  # or until it has given up

    items = []
    while process.is_alive() or not results.empty():
        with contextlib.suppress(Empty):
            items.append(results.get(timeout=0.05))
    process.join()
    results.close()
    results.join_thread()

    assert items == [1, 4, 9], "for a while there was no room; a square must not be lost for that"
    assert process.exitcode == 0, "the process did not end well: its traceback is below"


@pytest.mark.parametrize("results", [LazyQueue], indirect=True, ids=["lazy"])
def test_it_ends_only_when_all_squares_have_been_sent(results: SignedQueue) -> None:
    assert squares([1, 2], results) == [1, 4]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_can_be_started_in_every_way(results: SignedQueue) -> None:
    assert squares([5, 4], results) == [25, 16]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_numbers_may_come_from_a_generator(results: SignedQueue) -> None:
    assert squares((n for n in range(3)), results) == [0, 1, 4]


def test_no_numbers_give_nothing(results: SignedQueue) -> None:
    assert squares([], results) == []


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [(range(-2, 1), [4, 1, 0]), ({7: "a key"}, [49]), (iter([1.5, 10**20]), [2.25, 10**40])],
    ids=["range", "dict", "iterator"],
)
def test_numbers_may_be_any_iterable(numbers: Any, expected: list[Any], results: SignedQueue) -> None:
    assert squares(numbers, results) == expected


def test_two_of_them_share_nothing_but_the_queue(results: SignedQueue) -> None:
    first, second = Squarer([1, 2], results), Squarer([3, 4], results)
    for process in (first, second):
        process.start()
    for process in (first, second):
        process.join()

    assert sorted(items_in(results)) == [1, 4, 9, 16]
