"""One pipe with several readers: whole messages, in order, to the end."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import item_handlers
import pytest
from fan_out import fan_out
from pipe_readers import RECV, Crowd, Record
from pytest_sensei.dojo.stillness import Company

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# Results ----------------------------------------------------------------------------------


def test_an_item_is_handled() -> None:
    assert fan_out([21], 1, item_handlers.double) == [42]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_results_come_in_the_order_of_the_items() -> None:
    assert fan_out([3, "ab", 1], 2, item_handlers.double) == [6, "abab", 2]


def test_consumers_take_turns_at_the_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = Record(tmp_path / "reads")
    with monkeypatch.context() as patch:
        patch.setattr(Connection, RECV, record.watching(getattr(Connection, RECV)))
        assert fan_out([1, 2, 3, 4], 2, item_handlers.double) == [2, 4, 6, 8]
    if not record.all_share_a_lock():
        fan_out_in_a_crowd(monkeypatch)  # there may be a lock that cannot be seen: let them meet, if they can


@pytest.mark.usefixtures("limits_are_over")
def test_a_consumer_waits_for_its_turn_for_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    fan_out_in_a_crowd(monkeypatch)


def fan_out_in_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Connection, RECV, crowd.watching(getattr(Connection, RECV)))
            assert fan_out([1, 2, 3, 4], 2, item_handlers.double) == [2, 4, 6, 8]
    finally:
        assert not crowd.met.is_set(), "two consumers read at the same time: each gets a part of a message"


@pytest.mark.parametrize("workers", [1, 3])
def test_many_items_are_handled_and_all_consumers_end(workers: int) -> None:
    assert fan_out(list(range(50)), workers, item_handlers.double) == list(range(0, 100, 2))


def test_no_items_have_no_results() -> None:
    assert fan_out([], 2, item_handlers.double) == []


def test_there_may_be_more_consumers_than_items() -> None:
    assert fan_out([1], 3, item_handlers.double) == [2]


def test_nothing_and_false_are_items_and_results_too() -> None:
    items = [None, 0, False, "", None]
    assert fan_out(items, 2, item_handlers.same) == items


def test_an_exception_that_is_returned_is_a_result() -> None:
    items = [KeyError("an item"), 1]
    assert list(map(repr, fan_out(items, 2, item_handlers.same))) == ["KeyError('an item')", "1"]


def test_great_items_arrive_whole() -> None:
    items = [bytes([number]) * 300_000 for number in range(6)]  # a pipe has room for 64 kB
    lengths_and_contents = [(300_000, {number}) for number in range(6)]
    assert [(n, set(c)) for n, c in fan_out(items, 2, item_handlers.weigh)] == lengths_and_contents


def test_great_results_arrive_whole() -> None:
    assert [len(result) for result in fan_out([1, 2, 3], 2, item_handlers.swell)] == [300_000] * 3


def test_great_items_and_great_results_pass_each_other() -> None:
    items = [bytes([number]) * 300_000 for number in range(10)]
    results = fan_out(items, 2, item_handlers.same)
    assert [(len(result), set(result)) for result in results] == [(300_000, {number}) for number in range(10)]


def test_a_result_that_comes_late_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_handlers, "last_is_back", multiprocessing.Event())
    items = ["first", "second", "third", "last"]
    assert fan_out(items, 2, item_handlers.first_comes_last) == items


def test_an_empty_pipe_is_no_sign_of_the_end(slow_pipes: None) -> None:
    assert fan_out([1, 2, 3], 2, item_handlers.double) == [2, 4, 6]


# Consumers --------------------------------------------------------------------------------


def test_consumers_work_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_handlers, "meeting", multiprocessing.Barrier(2))
    assert fan_out([1, 2], 2, item_handlers.meet) == [1, 2]


def test_items_are_not_handled_in_the_callers_process() -> None:
    assert os.getpid() not in fan_out([1, 2], 1, item_handlers.where)


def test_there_are_no_more_processes_than_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever handles its first item waits for two others: if there can be three, they meet.
    monkeypatch.setattr(item_handlers, "company", Company(3))
    assert len(set(fan_out(list(range(20)), 2, item_handlers.where))) <= 2


def test_consumers_end_by_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(item_handlers, "guest_book", tmp_path)
    fan_out([1, 2], 2, item_handlers.sign)
    stopped = [consumer for consumer in tmp_path.iterdir() if not (consumer / "home").exists()]
    assert not stopped, "a consumer was stopped; it should end when the pipe does"


# Errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_is_raised_when_the_others_have_been_handled(workers: int, tmp_path: Path) -> None:
    names = ["a", "broken 1", "broken 2", "broken 3", "b"]
    with pytest.raises(ValueError, match="broken 1"):
        fan_out([(str(tmp_path), name) for name in names], workers, item_handlers.note)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b"]


def test_of_two_exceptions_the_first_in_order_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_handlers, "last_is_back", multiprocessing.Event())
    with pytest.raises(KeyError, match="first is lost"):
        fan_out(["first is lost", "second is broken", "third", "last"], 2, item_handlers.first_comes_last)


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
