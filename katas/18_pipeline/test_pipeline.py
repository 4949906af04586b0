"""What a pipeline promises. Marked tests run in many orders in which the threads can take turns."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from threading import Barrier, Event
from typing import Any
from unittest.mock import ANY

import pytest
from pipeline import pipeline

# Three threads and two queues can take turns in thousands of ways. The first ones, with few
# switches, are those that find mistakes.
some_interleavings = pytest.mark.interleave(max_schedules=200)


def double(number: int) -> int:
    return 2 * number


def add_one(number: int) -> int:
    return number + 1


def same(item: Any) -> Any:
    return item


def fails_for(bad: int) -> Callable[[int], int]:
    def stage(number: int) -> int:
        if number == bad:
            raise ValueError(f"cannot do {bad}")
        return number

    return stage


def endless() -> Iterator[int]:
    """A source that is as good as endless: the tests want a few of its items only."""
    for number in itertools.count(1):
        assert number < 1000, "the source was read as if it had an end"
        yield number


def close(results: Iterator[Any]) -> None:
    results.close()  # type: ignore[attr-defined]


def until_error(results: Iterator[Any]) -> tuple[list[Any], str]:
    """What came before the error, and the error."""
    came: list[Any] = []
    try:
        came.extend(results)
    except ValueError as error:
        return came, str(error)
    return came, "no error"


# Items go in, results come out ------------------------------------------------------------


def test_each_item_goes_through_the_stage() -> None:
    assert list(pipeline([1, 2, 3], double)) == [2, 4, 6]


def test_each_item_goes_through_all_stages_one_after_the_other() -> None:
    assert list(pipeline([1, 2, 3], add_one, double, str)) == ["4", "6", "8"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_many_items_come_out_in_order(workers: int) -> None:
    assert list(pipeline(range(50), double, add_one, workers=workers)) == list(range(1, 100, 2))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_empty_source_gives_nothing(workers: int) -> None:
    assert list(pipeline([], double, add_one, workers=workers)) == []


def test_nothing_is_an_item_too() -> None:
    items = [None, 0, "", False, None]
    assert list(pipeline(items, same, same)) == items


def test_an_item_may_be_an_error_that_nobody_raised_or_equal_to_everything() -> None:
    items = [ValueError("just an object"), ANY, StopIteration, 3]
    results = list(pipeline(items, same, same))
    assert [id(result) for result in results] == [id(item) for item in items]


def test_two_lines_work_side_by_side_and_one_behind_the_other() -> None:
    ours, theirs = pipeline([1, 2], double), pipeline([10, 20], double)
    assert [next(ours), next(theirs), next(ours), next(theirs)] == [2, 20, 4, 40]
    close(ours)
    close(theirs)
    assert list(pipeline(pipeline([1, 2], double), add_one)) == [3, 5]


def test_it_is_an_iterator() -> None:
    results = pipeline((number for number in (1, 2)), double)
    assert iter(results) is results
    assert next(results) == 2
    assert next(results) == 4
    with pytest.raises(StopIteration):
        next(results)


@some_interleavings
def test_an_item_gets_through_two_stages() -> None:
    assert list(pipeline([1], double, add_one)) == [3]


@some_interleavings
def test_two_items_come_out_in_order_when_there_are_two_workers() -> None:
    assert list(pipeline([1, 2], double, workers=2)) == [2, 4]


def test_a_slow_item_keeps_its_place() -> None:
    second_is_done = Event()

    def stage(number: int) -> int:
        if number == 1:
            second_is_done.wait()
        else:
            second_is_done.set()
        return number

    assert list(pipeline([1, 2, 3], stage, workers=2)) == [1, 2, 3]


# At the same time -------------------------------------------------------------------------


def test_two_stages_work_at_the_same_time() -> None:
    meeting = Barrier(2)

    def early_stage(number: int) -> int:
        if number == 2:
            meeting.wait()  # until the later stage has item 1 in its hands
        return number

    def late_stage(number: int) -> int:
        if number == 1:
            meeting.wait()  # until the early stage has item 2 in its hands
        return number

    assert list(pipeline([1, 2], early_stage, late_stage)) == [1, 2]


def test_the_workers_of_a_stage_work_at_the_same_time() -> None:
    meeting = Barrier(2)

    def stage(number: int) -> int:
        meeting.wait()
        return number

    assert list(pipeline([1, 2], stage, workers=2)) == [1, 2]


# Errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_stage_is_raised_where_its_item_would_have_come(workers: int) -> None:
    results = pipeline([1, 2, 3, 4], fails_for(3), workers=workers)
    assert until_error(results) == ([1, 2], "cannot do 3")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_any_stage_is_raised(workers: int) -> None:
    results = pipeline([1, 2, 3, 4], same, fails_for(3), same, workers=workers)
    assert until_error(results) == ([1, 2], "cannot do 3")


def test_the_error_is_the_one_that_the_stage_raised() -> None:
    trouble = ValueError("no answer")

    def stage(_: object) -> object:
        raise trouble

    with pytest.raises(ValueError) as raised:
        next(pipeline([1], stage, same))
    assert raised.value is trouble


def test_the_error_of_the_source_is_raised_where_its_item_would_have_come() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("no third item")

    assert until_error(pipeline(source(), double)) == ([2, 4], "no third item")


def test_what_was_begun_before_the_error_is_delivered_first() -> None:
    second_has_failed = Event()

    def stage(number: int) -> int:
        if number == 1:
            second_has_failed.wait()
            return number
        second_has_failed.set()
        raise ValueError(f"cannot do {number}")

    assert until_error(pipeline([1, 2], stage, workers=2)) == ([1], "cannot do 2")


def test_of_two_errors_that_of_the_earlier_item_is_raised() -> None:
    second_has_failed = Event()

    def stage(number: int) -> int:
        if number == 1:
            second_has_failed.wait()
        else:
            second_has_failed.set()
        raise ValueError(f"cannot do {number}")

    assert until_error(pipeline([1, 2], stage, workers=2)) == ([], "cannot do 1")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_stops_the_line_even_if_the_source_never_ends(workers: int) -> None:
    results = pipeline(endless(), same, fails_for(3), same, workers=workers)
    assert until_error(results) == ([1, 2], "cannot do 3")


@some_interleavings
def test_an_error_does_not_overtake_a_result() -> None:
    assert until_error(pipeline([1, 2], fails_for(2), workers=2)) == ([1], "cannot do 2")


@some_interleavings
def test_an_error_is_raised_and_stops_the_line() -> None:
    assert until_error(pipeline([1, 2], fails_for(1))) == ([], "cannot do 1")


# Closing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_closing_early_stops_the_line_even_if_the_source_never_ends(workers: int) -> None:
    results = pipeline(endless(), double, add_one, workers=workers)
    assert [next(results), next(results)] == [3, 5]
    close(results)


@pytest.mark.parametrize("workers", [1, 2])
def test_closing_before_the_first_result_stops_the_line(workers: int) -> None:
    close(pipeline(endless(), double, add_one, workers=workers))


def test_closing_after_the_end_does_nothing() -> None:
    results = pipeline([1], double)
    assert list(results) == [2]
    close(results)


@some_interleavings
def test_closing_after_the_first_result_stops_all_threads() -> None:
    results = pipeline(range(1, 10), double)
    assert next(results) == 2
    close(results)


@pytest.mark.interleave(max_schedules=10)
def test_threads_are_waited_for_as_long_as_a_stage_takes() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def slow(number: int) -> int:
        begun.append(number)
        time.sleep(60 if number > 1 else 0)  # costs nothing: time is virtual
        ended.append(number)
        return number

    results = pipeline([1, 2, 3], slow)
    assert next(results) == 1
    time.sleep(1)  # the next item is begun meanwhile
    close(results)
    assert ended == begun


# A source without an end ------------------------------------------------------------------


@pytest.mark.interleave(max_schedules=10)
def test_the_source_does_not_run_far_ahead() -> None:
    ran_ahead = Event()

    def source() -> Iterator[int]:
        yield from range(300)
        ran_ahead.set()
        yield 300

    results = pipeline(source(), double)
    assert next(results) == 0
    assert not ran_ahead.wait(timeout=0.2), "300 items were fetched, one was asked for"
    close(results)


@pytest.mark.interleave(max_schedules=3, max_steps=100_000)  # enough to look every few moments
def test_a_reader_may_take_as_long_as_it_likes() -> None:
    read: list[int] = []

    def source() -> Iterator[int]:
        for number in range(300):
            read.append(number)
            yield number

    results = pipeline(source(), double)
    assert next(results) == 0
    time.sleep(1)  # costs nothing: time is virtual; now the line is full
    early = len(read)
    time.sleep(40)
    late = len(read)
    close(results)
    assert late == early, "the line went on, though nobody took anything out"
