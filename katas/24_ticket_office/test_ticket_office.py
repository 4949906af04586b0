"""Selling tickets: what one buyer does under the lock, and what many of them do together."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import onlookers
import pytest
from onlookers import BusyLock, Doorman, LockWithACrowd, Office
from ticket_office import buy, sell_out

METHODS = multiprocessing.get_all_start_methods()
SHARED = multiprocessing.get_context("spawn")  # what it makes can be handed to any process, however started


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    folder.mkdir()
    return Office(folder / onlookers.NAME)


# One buyer --------------------------------------------------------------------------------


def test_a_buyer_takes_one_seat(office: Office) -> None:
    office.seats = 3

    assert buy(office, SHARED.Lock()) is True
    assert office.seats == 2


def test_when_no_seat_is_left_nobody_gets_one(office: Office) -> None:
    office.seats = 0

    assert buy(office, SHARED.Lock()) is False
    assert office.seats == 0


def test_what_others_have_bought_before_the_lock_was_free_is_seen(office: Office) -> None:
    office.seats = 5
    lock = LockWithACrowd(office, left=3)

    assert buy(office, lock) is True
    assert lock.taken, "the lock was never taken"
    assert office.seats == 2, "there were 3 seats when the lock was free; before that, there had been 5"


def test_the_last_seat_may_go_while_one_waits_for_the_lock(office: Office) -> None:
    office.seats = 1
    lock = LockWithACrowd(office, left=0)

    assert buy(office, lock) is False
    assert office.seats == 0


def test_a_lock_that_others_have_is_waited_for(office: Office) -> None:
    office.seats = 5
    lock = BusyLock(office, left=3)

    got_one = buy(office, lock)

    assert (got_one, office.seats) == (True, 2), "others had the lock for a while, and 3 seats were left"
    assert not lock.held, "the lock was not given back"


def test_the_seat_is_taken_before_the_lock_is_given_back(office: Office) -> None:
    office.seats = 3
    lock = LockWithACrowd(office, left=3)

    assert buy(office, lock) is True
    assert lock.seats_at_release == [2]


@pytest.mark.parametrize("left", [1, 0])
def test_the_lock_is_given_back(left: int, office: Office) -> None:
    office.seats = 1
    lock = LockWithACrowd(office, left=left)

    buy(office, lock)
    assert not lock.held, "the lock was not given back"


def test_the_lock_is_given_back_when_something_goes_wrong(office: Office, tmp_path: Path) -> None:
    office.seats = 1
    broken = Office(tmp_path / "broken.json")
    broken.write_text('{"seats": ')
    lock, told, may_end = SHARED.Lock(), SHARED.Event(), SHARED.Event()
    unlucky = multiprocessing.Process(
        target=onlookers.buy_in_vain_and_stay, args=(broken, lock, told, may_end), name="unlucky"
    )
    unlucky.start()
    told.wait()

    try:
        assert buy(office, lock) is True
    finally:
        may_end.set()
        unlucky.join()


def test_nobody_ever_sees_the_file_half_written(office: Office) -> None:
    office.seats = 10
    before, lock = office.read_text(), SHARED.Lock()

    with Path(office).open(encoding="utf-8") as old:
        seen = onlookers.everything_seen_during(lambda: buy(office, lock), office)
        replaced = Path(office).stat().st_ino != os.fstat(old.fileno()).st_ino

    assert seen <= {before, office.read_text()}, "somebody who reads at the wrong moment sees this"
    assert json.loads(office.read_text()) == {"seats": 9}
    assert replaced, "the file was written to; a new one should have taken its place"


# Many buyers ------------------------------------------------------------------------------


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_all_seats_are_sold(office: Office) -> None:
    office.seats = 4

    sold = sell_out(office, 2)

    assert office.seats == 0, "seats are left, and no buyer buys any more"
    assert sold == 4


@pytest.mark.parametrize(("seats", "buyers"), [(0, 2), (1, 3), (260, 1)])
def test_each_seat_is_sold_once(seats: int, buyers: int, office: Office) -> None:
    office.seats = seats

    assert sell_out(office, buyers=buyers) == seats
    assert office.seats == 0


@pytest.mark.skipif("fork" not in METHODS, reason="only a forked child inherits those who look on")
def test_no_seat_is_sold_twice(office: Office, doorman: Doorman) -> None:
    office.seats = 2

    sold = sell_out(office, 2)

    assert doorman.sales <= 2, f"there were 2 seats, and {doorman.sales} times one was taken"
    assert sold == 2
    assert not doorman.sold_by_the_test, "nobody but the processes that were started should buy"
    if doorman.sales:  # who was started in another way than by fork was not seen
        assert doorman.all_were_there, "the buyers were not there at the same time"


@pytest.mark.skipif("fork" not in METHODS, reason="only a forked child inherits those who look on")
@pytest.mark.usefixtures("limits_are_over")
def test_buyers_and_the_lock_are_waited_for_as_long_as_it_takes(office: Office, doorman: Doorman) -> None:
    office.seats = 2

    sold = sell_out(office, 2)

    assert doorman.sales <= 2, f"there were 2 seats, and {doorman.sales} times one was taken"
    assert office.seats == 0, "seats are left, and no buyer buys any more"
    assert sold == 2


@pytest.mark.skipif("fork" not in METHODS, reason="only a forked child reads slowly")
def test_no_sale_is_forgotten_when_two_tell_of_theirs_at_once(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.seats = 2
    onlookers.read_values_slowly(monkeypatch, tmp_path)

    assert sell_out(office, 2) == 2


@pytest.fixture
def doorman(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doorman]:
    new = Doorman(office, tmp_path, buyers=2)
    monkeypatch.setattr(onlookers, "doorman", new)
    yield new
    monkeypatch.undo()
    new.close()
