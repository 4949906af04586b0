"""Orders and who handles them: all of them, once, and nobody goes home before the last one."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue, SimpleQueue
from pathlib import Path
from typing import Any

import order_desk
import pytest
from order_desk import Desk
from orders import process_orders
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


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "book")


# All orders are handled ---------------------------------------------------------------------


def test_an_order_is_handled(desk: Desk) -> None:
    process_orders(["tea"], 1, desk)
    assert desk.handled() == ["tea"]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_each_order_is_handled_once(desk: Desk) -> None:
    assert process_orders(["tea", "cake", "tea", "toast"], 2, desk) is None
    assert desk.handled() == ["cake", "tea", "tea", "toast"]


@pytest.mark.parametrize("workers", [1, 3])
def test_many_orders_are_handled_and_all_workers_go_home(workers: int, desk: Desk) -> None:
    orders = [f"cup {number:02}" for number in range(40)]
    process_orders(orders, workers, desk)
    assert desk.handled() == orders


def test_without_orders_the_workers_go_home(desk: Desk) -> None:
    process_orders([], 2, desk)
    assert desk.handled() == []


def test_there_may_be_more_workers_than_orders(desk: Desk) -> None:
    process_orders(["tea"], 3, desk)
    assert desk.handled() == ["tea"]


def test_any_order_is_handled_even_nothing(desk: Desk) -> None:
    process_orders(["", None, 0, "tea"], 1, desk)
    assert desk.handled() == ["", "0", "None", "tea"]


def test_it_returns_only_when_the_last_order_has_been_handled(desk: Desk) -> None:
    process_orders(["tea", "slow cake"], 1, desk)
    assert desk.handled() == ["slow cake", "tea"]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_worker_dies_on_the_way(workers: int, desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    process_orders(["tea", "cake", "toast"], workers, desk)
    assert "Traceback" not in capfd.readouterr().err


def test_an_empty_queue_is_no_sign_of_the_end(desk: Desk, slow_queues: None) -> None:
    process_orders(["tea", "cake", "toast"], 2, desk)
    assert desk.handled() == ["cake", "tea", "toast"]


# Who handles them ---------------------------------------------------------------------------


def test_orders_are_not_handled_in_the_callers_process(desk: Desk) -> None:
    process_orders(["tea", "cake"], 1, desk)
    assert os.getpid() not in desk.processes()


def test_there_are_no_more_processes_than_workers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever takes its first order waits for two others: if there can be three, they meet.
    monkeypatch.setattr(order_desk, "company", Company(3))
    process_orders([f"crowd {number}" for number in range(20)], 2, desk)
    assert len(desk.processes()) <= 2


def test_two_workers_work_at_the_same_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_desk, "meeting", multiprocessing.Barrier(2))
    process_orders(["together 1", "together 2"], 2, desk)
    assert desk.handled() == ["together 1", "together 2"]


# Orders that fail ---------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_is_raised_when_the_other_orders_have_been_handled(workers: int, desk: Desk) -> None:
    with pytest.raises(ValueError, match="toast, burnt"):
        process_orders(["tea", "toast, burnt", "cake", "slow coffee"], workers, desk)
    assert desk.handled() == ["cake", "slow coffee", "tea"]
    assert desk.tried() == ["cake", "slow coffee", "tea", "toast, burnt"], "each order is handled once"


def test_more_orders_may_fail_than_there_are_workers(desk: Desk) -> None:
    with pytest.raises(ValueError, match="1, burnt"):
        process_orders(["1, burnt", "2, burnt", "3, burnt", "tea"], 2, desk)
    assert desk.handled() == ["tea"]


def test_an_exception_is_not_lost_when_it_is_long_on_its_way(desk: Desk) -> None:
    with pytest.raises(ValueError, match="tea, spilt"):
        process_orders(["tea, spilt"], 1, desk)


@pytest.mark.usefixtures("limits_are_over")
def test_orders_and_exceptions_are_waited_for_as_long_as_it_takes(desk: Desk) -> None:
    with pytest.raises(ValueError, match="slow tea, spilt"):
        process_orders(["slow cake", "slow tea, spilt"], 2, desk)
    assert desk.handled() == ["slow cake"]


def test_of_two_exceptions_the_first_in_order_is_raised(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_desk, "last_has_come", multiprocessing.Event())
    with pytest.raises(KeyError, match="patient guest, lost"):
        process_orders(["patient guest, lost", "toast, burnt", "tea", "last cake"], 2, desk)
    assert desk.handled() == ["last cake", "tea"]


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
