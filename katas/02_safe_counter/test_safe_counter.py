"""What a SafeCounter promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from threading import Thread

import pytest
from safe_counter import SafeCounter


def together(**jobs: Callable[[], object]) -> None:
    """Run each job in a thread of that name, all at once, and wait for them."""
    threads = [Thread(target=job, name=name) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class HardToAdd(int):
    """A number that takes its time: whoever adds it is half-way for long."""

    def __radd__(self, other: int) -> int:
        for _ in range(11):
            time.sleep(0.1)  # costs nothing in a marked test
        return other + int(self)


def test_starts_at_zero() -> None:
    assert SafeCounter().value == 0


def test_counts_up_and_down() -> None:
    counter = SafeCounter()
    counter.increment()
    assert counter.value == 1
    counter.increment(5)
    assert counter.value == 6
    counter.decrement()
    assert counter.value == 5
    counter.decrement(by=2)
    assert counter.value == 3


def test_two_counters_do_not_share_a_value() -> None:
    ours, theirs = SafeCounter(), SafeCounter()
    ours.increment()
    assert (ours.value, theirs.value) == (1, 0)


@pytest.mark.interleave
def test_two_increments_at_once_are_both_counted() -> None:
    counter = SafeCounter()
    together(
        ann=counter.increment,
        bob=counter.increment,
    )
    assert counter.value == 2


@pytest.mark.interleave
def test_two_decrements_at_once_are_both_counted() -> None:
    counter = SafeCounter()
    counter.increment(9)
    together(
        ann=counter.decrement,
        bob=lambda: counter.decrement(3),
    )
    assert counter.value == 5


@pytest.mark.interleave
def test_an_increment_and_a_decrement_at_once_are_both_counted() -> None:
    counter = SafeCounter()
    together(
        ann=lambda: counter.increment(5),
        bob=lambda: counter.decrement(2),
    )
    assert counter.value == 3


@pytest.mark.interleave
def test_three_threads_at_once_are_all_counted() -> None:
    counter = SafeCounter()
    together(
        ann=counter.increment,
        bob=lambda: counter.increment(2),
        cat=lambda: counter.decrement(2),
    )
    assert counter.value == 1


@pytest.mark.interleave
def test_an_update_waits_for_one_that_takes_long() -> None:
    counter = SafeCounter()
    together(
        ann=lambda: counter.increment(HardToAdd(1)),
        bob=counter.increment,
    )
    assert counter.value == 2


@pytest.mark.interleave
def test_an_update_that_has_returned_is_seen_at_once() -> None:
    counter = SafeCounter()

    def count_and_look() -> None:
        counter.increment()
        assert counter.value >= 1

    together(ann=count_and_look, bob=count_and_look)


@pytest.mark.interleave
def test_a_reader_sees_an_increment_whole_or_not_at_all() -> None:
    counter = SafeCounter()
    seen: list[int] = []
    together(
        writer=lambda: counter.increment(3),
        reader=lambda: seen.append(counter.value),
    )
    assert seen[0] in (0, 3)


@pytest.mark.interleave
def test_a_reader_sees_a_decrement_whole_or_not_at_all() -> None:
    counter = SafeCounter()
    counter.increment(5)
    seen: list[int] = []
    together(
        writer=lambda: counter.decrement(3),
        reader=lambda: seen.append(counter.value),
    )
    assert seen[0] in (5, 2)


@pytest.mark.interleave
def test_a_reader_sees_only_values_that_the_counter_really_had() -> None:
    counter = SafeCounter()
    seen: list[int] = []

    def up_and_down() -> None:
        counter.increment()
        counter.decrement()

    together(
        writer=up_and_down,
        reader=lambda: seen.append(counter.value),
    )
    assert seen[0] in (0, 1)


def test_an_update_by_zero_does_not_block_the_next_one() -> None:
    counter = SafeCounter()
    counter.increment(0)
    counter.decrement(0)
    counter.increment()
    assert counter.value == 1


def test_a_failed_update_does_not_block_the_next_one() -> None:
    counter = SafeCounter()
    for update in (counter.increment, counter.decrement):
        with contextlib.suppress(TypeError, ValueError):
            update("one")  # type: ignore[arg-type]
        update()


@pytest.mark.interleave
def test_a_failed_update_does_not_block_another_thread() -> None:
    counter = SafeCounter()
    with contextlib.suppress(TypeError, ValueError):
        counter.increment("one")  # type: ignore[arg-type]
    together(ann=counter.increment)
