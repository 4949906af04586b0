"""What comes out of a pipe, how it ends, and which ends are open when."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import producers
import psutil
import pytest
from stream import collect

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# Items ------------------------------------------------------------------------------------


def test_what_is_sent_arrives() -> None:
    assert collect(producers.send_all, "one") == ["one"]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_all_items_arrive_in_order() -> None:
    assert collect(producers.send_all, 1, "two", [3.0]) == [1, "two", [3.0]]


def test_a_producer_may_send_nothing() -> None:
    assert collect(producers.send_all) == []


def test_nothing_and_false_are_items_too() -> None:
    items = [None, 0, False, "", [], None]
    assert collect(producers.send_all, *items) == items


def test_an_exception_that_is_sent_is_an_item() -> None:
    assert [repr(item) for item in collect(producers.send_all, 1, KeyError("sent"))] == [
        "1",
        "KeyError('sent')",
    ]


def test_a_producer_may_close_its_end_itself() -> None:
    assert collect(producers.send_and_close, 1, 2) == [1, 2]


def test_great_items_arrive() -> None:
    assert [len(item) for item in collect(producers.send_much, 3)] == [300_000] * 3


def test_one_can_collect_again_and_again() -> None:
    assert [collect(producers.send_all, number) for number in range(5)] == [[0], [1], [2], [3], [4]]


def test_an_empty_pipe_is_no_sign_of_the_end(slow_pipes: None) -> None:
    assert collect(producers.send_all, 1, 2, 3) == [1, 2, 3]


# Ends -------------------------------------------------------------------------------------


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_the_producer_runs_in_another_process_and_can_only_send() -> None:
    ((process, readable, writable),) = collect(producers.send_whether_it_can_receive)
    assert process != os.getpid()
    assert (readable, writable) == (False, True), "the connection should be for sending only"


def test_the_child_has_no_other_end_of_the_pipe_open() -> None:
    (read_ends,) = collect(producers.count_read_ends)
    assert read_ends == 0, "the child has kept an end that it does not need"


# How a producer may end -------------------------------------------------------------------


def test_the_child_has_ended_when_all_is_returned(tmp_path: Path) -> None:
    (child,) = collect(producers.close_and_stay, os.getpid(), tmp_path / "end")
    assert not psutil.pid_exists(child), "the child has not been joined"
    assert (tmp_path / "end").exists(), "the producer was stopped before its end"


@pytest.mark.usefixtures("limits_are_over")
def test_items_and_the_child_are_waited_for_as_long_as_it_takes(tmp_path: Path) -> None:
    assert collect(producers.take_long, os.getpid(), tmp_path / "end") == ["late"]
    assert (tmp_path / "end").exists(), "the child was stopped before its end"


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_the_exception_of_the_producer_is_raised() -> None:
    with pytest.raises(producers.OwnError, match="the producer has failed"):
        collect(producers.fail)


def test_the_exception_is_raised_even_if_items_came_before() -> None:
    with pytest.raises(producers.OwnError, match="the producer has failed"):
        collect(producers.fail, 1, bytes(300_000), 3)


def test_a_producer_that_is_killed_is_noticed() -> None:
    with pytest.raises(RuntimeError):
        collect(producers.be_killed)


def test_a_producer_that_is_killed_between_two_items_is_noticed() -> None:
    with pytest.raises(RuntimeError):
        collect(producers.be_killed, 1, 2)


# What the tests need ----------------------------------------------------------------------


@pytest.fixture
def slow_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first look into a pipe find nothing, in each process, as it may be while somebody is still busy."""
    looks: Counter[tuple[int, int]] = Counter()
    poll = Connection.poll

    def slow_poll(self: Connection, timeout: float | None = 0.0) -> bool:
        if timeout is not None and timeout <= 10:
            looks[os.getpid(), id(self)] += 1
            if looks[os.getpid(), id(self)] == 1:
                return False
        return poll(self, timeout)

    monkeypatch.setattr(Connection, "poll", slow_poll)
