"""What a Barrier promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

import pytest
from barrier import Barrier, BrokenBarrier

# Most barriers have fewer; some, of many small steps, have thousands. The first ones, with few
# switches, are those that find mistakes.
many_interleavings = pytest.mark.interleave(max_schedules=1000)


def start(**jobs: Callable[[], object]) -> list[Thread]:
    """Start a thread of that name for each job."""
    threads = [Thread(target=job, name=name) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    return threads


def wait_for(threads: list[Thread]) -> None:
    for thread in threads:
        thread.join()


def together(**jobs: Callable[[], object]) -> None:
    """Run each job in a thread of that name, all at once, and wait for them."""
    wait_for(start(**jobs))


def test_one_party_waits_for_nobody() -> None:
    barrier = Barrier(1)
    assert [barrier.wait(), barrier.wait()] == [0, 0]


def test_two_barriers_have_nothing_in_common() -> None:
    one, other = Barrier(2), Barrier(1)
    threads = start(ann=one.wait)
    assert other.wait() == 0
    other.abort()
    one.wait()
    wait_for(threads)


@pytest.mark.interleave
def test_nobody_passes_before_both_have_come() -> None:
    barrier = Barrier(2)
    come = {"ann": False, "bob": False}

    def meet(name: str) -> None:
        come[name] = True
        barrier.wait()
        assert all(come.values())

    together(
        ann=lambda: meet("ann"),
        bob=lambda: meet("bob"),
    )


@pytest.mark.interleave
def test_who_comes_late_is_waited_for_as_long_as_it_takes() -> None:
    barrier = Barrier(2)
    come: list[str] = []

    def come_late() -> None:
        time.sleep(3600)  # costs nothing: time is virtual
        come.append("ann")
        barrier.wait()

    threads = start(ann=come_late)
    barrier.wait()
    assert come == ["ann"]
    wait_for(threads)


@many_interleavings
def test_nobody_passes_before_all_three_have_come() -> None:
    barrier = Barrier(3)
    come = {"ann": False, "bob": False, "cat": False}
    indexes = {"ann": -1, "bob": -1, "cat": -1}

    def meet(name: str) -> None:
        come[name] = True
        indexes[name] = barrier.wait()
        assert all(come.values())

    together(
        ann=lambda: meet("ann"),
        bob=lambda: meet("bob"),
        cat=lambda: meet("cat"),
    )
    assert sorted(indexes.values()) == [0, 1, 2]


@pytest.mark.interleave
def test_each_gets_a_different_index() -> None:
    barrier = Barrier(2)
    indexes = {"ann": -1, "bob": -1}

    def meet(name: str) -> None:
        indexes[name] = barrier.wait()

    together(
        ann=lambda: meet("ann"),
        bob=lambda: meet("bob"),
    )
    assert sorted(indexes.values()) == [0, 1]


@many_interleavings
def test_nobody_laps_the_others() -> None:
    barrier = Barrier(2)
    rounds = {"ann": 0, "bob": 0}

    def walk(me: str, other: str) -> None:
        for number in (1, 2):
            rounds[me] = number
            barrier.wait()
            assert rounds[other] >= number  # the other has come to this round too

    together(
        ann=lambda: walk("ann", "bob"),
        bob=lambda: walk("bob", "ann"),
    )


def test_other_threads_may_come_and_get_the_indexes_of_the_next_round() -> None:
    barrier = Barrier(2)
    indexes: list[int] = []

    def meet() -> None:
        indexes.append(barrier.wait())

    together(ann=meet, bob=meet)
    together(cat=meet, dan=meet)
    assert sorted(indexes) == [0, 0, 1, 1]


@pytest.mark.interleave
def test_abort_wakes_the_one_who_waits() -> None:
    barrier = Barrier(2)

    def meet() -> None:
        with pytest.raises(BrokenBarrier):
            barrier.wait()

    threads = start(ann=meet)
    barrier.abort()
    wait_for(threads)


@pytest.mark.interleave
def test_abort_wakes_all_who_wait() -> None:
    barrier = Barrier(3)

    def meet() -> None:
        with pytest.raises(BrokenBarrier):
            barrier.wait()

    threads = start(ann=meet, bob=meet)
    barrier.abort()
    wait_for(threads)


def test_whoever_comes_after_the_abort_is_refused() -> None:
    barrier = Barrier(2)
    barrier.abort()
    for _ in range(3):  # also when as many come as the barrier has parties
        with pytest.raises(BrokenBarrier):
            barrier.wait()


@pytest.mark.interleave
def test_an_abort_between_two_rounds_breaks_the_next_one() -> None:
    barrier = Barrier(2)
    together(ann=barrier.wait, bob=barrier.wait)
    barrier.abort()
    with pytest.raises(BrokenBarrier):
        barrier.wait()


@many_interleavings
def test_nobody_is_left_behind_when_the_abort_comes_with_the_last_one() -> None:
    barrier = Barrier(2)
    ended: list[str] = []

    def meet() -> None:
        try:
            barrier.wait()
            ended.append("passed")
        except BrokenBarrier:
            ended.append("broken")

    threads = start(ann=meet, bob=meet)
    barrier.abort()
    wait_for(threads)
    assert len(ended) == 2
    with pytest.raises(BrokenBarrier):
        barrier.wait()
