"""What a ReadWriteLock promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Barrier, Event, Thread

import pytest
from readers_writers import ReadWriteLock


class Page:
    """Two fields that belong together, changed only under the lock."""

    def __init__(self) -> None:
        self.lock = ReadWriteLock()
        self.title = 0
        self.text = 0

    def read(self) -> None:
        with self.lock.reading():
            assert self.title == self.text

    def write(self) -> None:
        with self.lock.writing():
            self.title += 1
            self.text += 1


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


def let_the_others_run() -> None:
    """Go on when no other thread can: in a marked test time is virtual, and a timeout runs out last."""
    Event().wait(timeout=0.1)


# One after the other


def test_a_thread_may_read_and_write_in_turn() -> None:
    page = Page()
    for _ in range(2):
        page.read()
        page.write()
    assert (page.title, page.text) == (2, 2)


def test_two_locks_are_independent() -> None:
    one, other = ReadWriteLock(), ReadWriteLock()
    with one.writing(), other.writing():
        pass
    with one.reading(), other.writing():
        pass


def test_only_who_is_inside_a_block_has_the_lock() -> None:
    lock = ReadWriteLock()
    reading, writing = lock.reading(), lock.writing()
    with reading:
        pass
    with writing:
        pass


# Many readers


@pytest.mark.interleave
def test_two_readers_are_inside_together() -> None:
    lock = ReadWriteLock()
    meeting = Barrier(2)

    def read() -> None:
        with lock.reading():
            meeting.wait()

    together(ann=read, bob=read)


@pytest.mark.interleave
def test_readers_who_waited_for_a_writer_are_inside_together() -> None:
    lock = ReadWriteLock()
    meeting = Barrier(2)

    def read() -> None:
        with lock.reading():
            meeting.wait()

    with lock.writing():
        threads = start(ann=read, bob=read)
    wait_for(threads)


# One writer


@pytest.mark.interleave
def test_a_reader_sees_a_change_whole_or_not_at_all() -> None:
    page = Page()
    together(reader=page.read, writer=page.write)


@pytest.mark.interleave
def test_two_writers_are_never_inside_together() -> None:
    page = Page()
    together(ann=page.write, bob=page.write)
    assert (page.title, page.text) == (2, 2)


@pytest.mark.interleave
def test_a_writer_waits_until_both_readers_have_left() -> None:
    page = Page()
    together(ann=page.read, bob=page.read, writer=page.write)
    assert page.title == 1


@pytest.mark.interleave
def test_two_writers_and_a_reader_all_get_their_turn() -> None:
    page = Page()
    together(ann=page.write, bob=page.write, reader=page.read)
    assert (page.title, page.text) == (2, 2)


@pytest.mark.interleave
def test_of_two_who_wait_for_a_reader_only_one_writes() -> None:
    page = Page()
    with page.lock.reading():
        threads = start(ann=page.write, bob=page.write)
        assert (page.title, page.text) == (0, 0)
    wait_for(threads)
    assert (page.title, page.text) == (2, 2)


@pytest.mark.interleave
@pytest.mark.parametrize(
    ("first", "second"), [("reading", "writing"), ("writing", "reading"), ("writing", "writing")]
)
def test_who_is_inside_is_waited_for_as_long_as_it_takes(first: str, second: str) -> None:
    lock = ReadWriteLock()
    order: list[str] = []

    def come_later() -> None:
        time.sleep(1)
        with getattr(lock, second)():
            order.append("second")

    threads = start(later=come_later)
    with getattr(lock, first)():
        time.sleep(3600)  # costs nothing: time is virtual
        order.append("first")
    wait_for(threads)
    assert order == ["first", "second"]


@pytest.mark.interleave
def test_a_waiting_writer_is_not_overtaken_by_new_readers() -> None:
    lock = ReadWriteLock()
    order: list[str] = []

    def write() -> None:
        with lock.writing():
            order.append("writer")

    def read() -> None:
        with lock.reading():
            order.append("new reader")

    with lock.reading():
        threads = start(writer=write)
        let_the_others_run()  # now the writer waits
        threads += start(reader=read)
        let_the_others_run()  # now both do
        assert order == []
    wait_for(threads)
    assert order == ["writer", "new reader"]


# A reader that wants to write


@pytest.mark.interleave
def test_a_reader_that_wants_to_write_gets_an_error() -> None:
    lock = ReadWriteLock()
    with lock.reading(), pytest.raises(RuntimeError), lock.writing():
        pass


@pytest.mark.interleave
def test_two_readers_that_want_to_write_both_get_an_error() -> None:
    lock = ReadWriteLock()

    def upgrade() -> None:
        with lock.reading(), pytest.raises(RuntimeError), lock.writing():
            pass

    together(ann=upgrade, bob=upgrade)


@pytest.mark.interleave
def test_a_reader_that_wants_to_write_gets_an_error_beside_a_waiting_writer_too() -> None:
    page = Page()

    def upgrade() -> None:
        with page.lock.reading(), pytest.raises(RuntimeError), page.lock.writing():
            pass

    together(reader=upgrade, writer=page.write)
    assert page.title == 1


@pytest.mark.interleave
def test_after_that_error_the_lock_is_as_usable_as_before() -> None:
    page = Page()
    with page.lock.reading():
        with pytest.raises(RuntimeError), page.lock.writing():
            pass
        threads = start(writer=page.write)
        assert page.title == 0  # still reading, so nobody writes
    wait_for(threads)
    page.read()
    page.write()
    together(reader=page.read, writer=page.write)
    assert (page.title, page.text) == (3, 3)


# Exceptions


class Interrupted(BaseException):
    """Like KeyboardInterrupt: no Exception, and yet it leaves the block."""


def test_a_block_may_be_left_in_any_way() -> None:
    page = Page()
    for block in (page.lock.reading, page.lock.writing):
        with pytest.raises(Interrupted), block():
            raise Interrupted
        page.write()
        for _ in range(1):
            with block():
                break
        page.write()
        page.read()


@pytest.mark.interleave
def test_an_exception_while_writing_comes_out_and_lets_the_others_in() -> None:
    page = Page()
    with pytest.raises(ZeroDivisionError), page.lock.writing():
        raise ZeroDivisionError
    page.read()
    page.write()
    together(reader=page.read, writer=page.write)


@pytest.mark.interleave
def test_an_exception_while_reading_comes_out_and_lets_the_others_in() -> None:
    page = Page()
    with pytest.raises(ZeroDivisionError), page.lock.reading():
        raise ZeroDivisionError
    page.write()
    page.read()
    together(reader=page.read, writer=page.write)
