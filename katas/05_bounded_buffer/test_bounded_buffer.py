"""What a BoundedBuffer promises. Marked tests run in every order in which the threads can take turns.

Time is virtual in a marked test: a timeout runs out only when no thread can go on without it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from threading import Thread

import pytest
from bounded_buffer import BoundedBuffer, Closed, Empty, Full


def start(**jobs: Callable[[], object]) -> list[Thread]:
    """Start a thread of that name for each job."""
    threads = [Thread(target=job, name=name) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    return threads


def wait_for(threads: list[Thread]) -> None:
    for thread in threads:
        thread.join()


def drain(buffer: BoundedBuffer) -> list[object]:
    """Get items until the buffer says that it is closed."""
    items = []
    with contextlib.suppress(Closed):
        while True:
            items.append(buffer.get())
    return items


# One thread alone


def test_items_come_out_in_the_order_they_went_in() -> None:
    buffer = BoundedBuffer(3)
    for item in "abc":
        buffer.put(item)
    assert [buffer.get(), buffer.get(), buffer.get()] == ["a", "b", "c"]


def test_an_item_may_be_anything() -> None:
    buffer = BoundedBuffer(3)
    for item in (None, 0, ""):
        buffer.put(item)
    assert [buffer.get(), buffer.get(), buffer.get()] == [None, 0, ""]


def test_len_tells_how_many_items_are_inside() -> None:
    buffer = BoundedBuffer(2)
    assert len(buffer) == 0
    buffer.put("a")
    buffer.put("b")
    assert len(buffer) == 2
    buffer.get()
    assert len(buffer) == 1


@pytest.mark.interleave
@pytest.mark.parametrize("timeout", [0, 0.01])
def test_put_gives_up_when_there_is_no_room_in_time(timeout: float) -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    with pytest.raises(Full):
        buffer.put("b", timeout=timeout)
    assert buffer.get() == "a"
    assert len(buffer) == 0  # "b" did not slip in


@pytest.mark.interleave
@pytest.mark.parametrize("timeout", [0, 0.01])
def test_get_gives_up_when_there_is_no_item_in_time(timeout: float) -> None:
    buffer = BoundedBuffer(1)
    with pytest.raises(Empty):
        buffer.get(timeout=timeout)
    buffer.put("a", timeout=timeout)
    assert buffer.get(timeout=timeout) == "a"


# Threads that wait for each other


@pytest.mark.interleave
def test_a_put_into_a_full_buffer_waits_until_there_is_room() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    threads = start(producer=lambda: buffer.put("b"))
    assert buffer.get() == "a"
    assert buffer.get() == "b"
    wait_for(threads)


@pytest.mark.interleave
def test_a_get_from_an_empty_buffer_waits_until_there_is_an_item() -> None:
    buffer = BoundedBuffer(1)
    got: list[object] = []
    threads = start(consumer=lambda: got.append(buffer.get()))
    buffer.put("a")
    wait_for(threads)
    assert got == ["a"]


@pytest.mark.interleave
def test_one_producer_and_one_consumer_keep_the_order_and_the_limit() -> None:
    buffer = BoundedBuffer(1)

    def produce() -> None:
        for item in "abc":
            buffer.put(item)

    threads = start(producer=produce)
    for item in "abc":
        assert len(buffer) <= 1
        assert buffer.get() == item
    wait_for(threads)


@pytest.mark.interleave
def test_a_waiting_get_with_time_left_gets_the_item() -> None:
    buffer = BoundedBuffer(1)
    got: list[object] = []
    threads = start(consumer=lambda: got.append(buffer.get(timeout=60)))
    buffer.put("a")
    wait_for(threads)
    assert got == ["a"]


@pytest.mark.interleave
def test_a_waiting_put_with_time_left_gets_its_room() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    threads = start(producer=lambda: buffer.put("b", timeout=60))
    assert buffer.get() == "a"
    wait_for(threads)
    assert buffer.get() == "b"


@pytest.mark.interleave
def test_two_consumers_share_what_one_producer_makes() -> None:
    buffer = BoundedBuffer(1)
    got: list[object] = []
    threads = start(
        ann=lambda: got.append(buffer.get()),
        bob=lambda: got.append(buffer.get()),
    )
    buffer.put(1)
    buffer.put(2)
    wait_for(threads)
    assert set(got) == {1, 2}


@pytest.mark.interleave
def test_two_producers_never_overfill_the_buffer() -> None:
    buffer = BoundedBuffer(1)
    buffer.put(0)
    threads = start(
        ann=lambda: buffer.put(1),
        bob=lambda: buffer.put(2),
    )
    got = []
    for _ in range(3):
        got.append(buffer.get())
        assert len(buffer) <= 1
    wait_for(threads)
    assert got[0] == 0
    assert set(got) == {0, 1, 2}


@pytest.mark.interleave
def test_two_items_wake_two_waiting_consumers() -> None:
    buffer = BoundedBuffer(2)
    got: list[object] = []
    threads = start(
        ann=lambda: got.append(buffer.get()),
        bob=lambda: got.append(buffer.get()),
    )
    buffer.put(1)
    buffer.put(2)
    wait_for(threads)
    assert set(got) == {1, 2}


@pytest.mark.interleave
def test_room_for_two_wakes_two_waiting_producers() -> None:
    buffer = BoundedBuffer(2)
    buffer.put(1)
    buffer.put(2)
    threads = start(
        ann=lambda: buffer.put(3),
        bob=lambda: buffer.put(4),
    )
    assert buffer.get() == 1
    assert buffer.get() == 2
    wait_for(threads)
    assert {buffer.get(), buffer.get()} == {3, 4}


@pytest.mark.interleave
def test_the_timeout_of_a_get_is_for_the_whole_call() -> None:
    """Being woken in vain, because somebody else was quicker, does not start it again."""
    buffer = BoundedBuffer(1)
    ended: list[str] = []

    def get() -> None:
        with contextlib.suppress(Empty):
            buffer.get(timeout=0.3)
        ended.append("consumer")

    threads = start(consumer=get)
    time.sleep(0.2)
    buffer.put("a")  # wakes the consumer ...
    with contextlib.suppress(Empty):
        buffer.get(timeout=0)  # ... for nothing, mostly
    time.sleep(0.2)
    ended_in_time = list(ended)
    buffer.put("b", timeout=0)
    wait_for(threads)
    assert ended_in_time == ["consumer"], "0.4 s have passed, the timeout was 0.3 s"


@pytest.mark.interleave
def test_an_item_is_waited_for_as_long_as_it_takes() -> None:
    buffer = BoundedBuffer(1)

    def produce() -> None:
        time.sleep(3600)  # costs nothing: time is virtual
        buffer.put("a")

    threads = start(producer=produce)
    assert buffer.get() == "a"
    wait_for(threads)


@pytest.mark.interleave
def test_room_is_waited_for_as_long_as_it_takes() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    got: list[object] = []

    def consume() -> None:
        time.sleep(3600)
        got.append(buffer.get())

    threads = start(consumer=consume)
    buffer.put("b")
    wait_for(threads)
    assert [*got, buffer.get()] == ["a", "b"]


@pytest.mark.interleave
def test_an_item_that_comes_at_the_last_moment_is_taken_or_still_there() -> None:
    buffer = BoundedBuffer(1)
    got: list[object] = []

    def consume() -> None:
        with contextlib.suppress(Empty):
            got.append(buffer.get(timeout=1))

    threads = start(consumer=consume)
    time.sleep(1)  # as long as the timeout: either may be over first
    buffer.put("a")
    wait_for(threads)
    assert len(got) + len(buffer) == 1


@pytest.mark.interleave
def test_who_gets_room_at_the_last_moment_is_in_or_is_told_that_it_is_not() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    came_in: list[object] = []

    def produce() -> None:
        with contextlib.suppress(Full):
            buffer.put("b", timeout=1)
            came_in.append("b")

    threads = start(producer=produce)
    time.sleep(1)
    assert buffer.get() == "a"
    wait_for(threads)
    assert len(buffer) == len(came_in)


# Closing


def test_a_closed_buffer_takes_nothing() -> None:
    buffer = BoundedBuffer(2)
    buffer.put("a")
    buffer.close()
    with pytest.raises(Closed):
        buffer.put("b")
    with pytest.raises(Closed):
        buffer.put("b", timeout=60)
    assert len(buffer) == 1


@pytest.mark.interleave
@pytest.mark.parametrize("timeout", [None, 0, 0.01])
def test_a_closed_buffer_is_closed_first_and_full_or_empty_second(timeout: float | None) -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")
    buffer.close()
    with pytest.raises(Closed):
        buffer.put("b", timeout)
    assert buffer.get(timeout) == "a"
    with pytest.raises(Closed):
        buffer.get(timeout)


def test_a_closed_buffer_gives_out_what_is_left_in_order() -> None:
    buffer = BoundedBuffer(2)
    buffer.put("a")
    buffer.put("b")
    buffer.close()
    assert drain(buffer) == ["a", "b"]
    with pytest.raises(Closed):
        buffer.get(timeout=60)


@pytest.mark.interleave
def test_close_wakes_all_who_wait_for_an_item() -> None:
    buffer = BoundedBuffer(1)

    def get() -> None:
        with pytest.raises(Closed):
            buffer.get()

    threads = start(ann=get, bob=get)
    buffer.close()
    wait_for(threads)


@pytest.mark.interleave
def test_close_wakes_all_who_wait_for_room() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")

    def put() -> None:
        with pytest.raises(Closed):
            buffer.put("b")

    threads = start(ann=put, bob=put)
    buffer.close()
    wait_for(threads)
    assert drain(buffer) == ["a"]


@pytest.mark.interleave
def test_close_also_wakes_those_who_wait_with_a_timeout() -> None:
    buffer = BoundedBuffer(1)

    def get() -> None:
        with pytest.raises(Closed):
            buffer.get(timeout=60)

    threads = start(consumer=get)
    buffer.close()
    wait_for(threads)


@pytest.mark.interleave
def test_close_refuses_those_who_waited_even_when_room_comes() -> None:
    buffer = BoundedBuffer(1)
    buffer.put("a")

    def put() -> None:
        with pytest.raises(Closed):
            buffer.put("b")

    threads = start(producer=put)
    buffer.close()
    assert drain(buffer) == ["a"]
    wait_for(threads)
    assert len(buffer) == 0


@pytest.mark.interleave
def test_a_consumer_gets_everything_before_it_is_told_of_the_close() -> None:
    buffer = BoundedBuffer(1)

    def produce() -> None:
        buffer.put("a")
        buffer.put("b")
        buffer.close()

    threads = start(producer=produce)
    assert drain(buffer) == ["a", "b"]
    wait_for(threads)


@pytest.mark.interleave
def test_at_the_close_an_item_is_refused_or_delivered_but_never_lost() -> None:
    buffer = BoundedBuffer(1)
    accepted: list[object] = []

    def produce() -> None:
        try:
            buffer.put("a")
        except Closed:
            return
        accepted.append("a")

    threads = start(producer=produce)
    buffer.close()
    got = drain(buffer)
    wait_for(threads)
    assert got == accepted


@pytest.mark.interleave
def test_the_last_item_goes_to_one_consumer_and_the_other_is_told() -> None:
    buffer = BoundedBuffer(1)
    got: list[object] = []
    threads = start(
        ann=lambda: got.extend(drain(buffer)),
        bob=lambda: got.extend(drain(buffer)),
    )
    buffer.put("a")
    buffer.close()
    wait_for(threads)
    assert got == ["a"]
