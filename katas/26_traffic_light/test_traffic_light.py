"""Cars at a light: who crosses when, who sleeps meanwhile, and who is left at the end."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence

import pytest
from street import Procession, Street, flash_first, green_when_all_sleep, green_when_the_caller_sleeps_too
from traffic_light import drive

METHODS = multiprocessing.get_all_start_methods()
CARS = ["Ada", "Bob", "Cy"]

if "fork" not in METHODS:
    pytest.skip("the light of these tests is shared by fork", allow_module_level=True)


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork."""
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(getattr(request, "param", "fork"), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


MakeStreet = Callable[..., Street]


@pytest.fixture
def street_of() -> Iterator[MakeStreet]:
    streets: list[Street] = []

    def make(cars: Sequence[str], kind: type[Street] = Street) -> Street:
        streets.append(kind(cars))
        return streets[-1]

    yield make
    for street in streets:
        street.close()


# Green ------------------------------------------------------------------------------------


def test_a_car_crosses_when_the_light_is_green() -> None:
    light = multiprocessing.Event()
    light.set()
    assert drive(["Ada"], light) == ["Ada"]


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_all_cars_cross_when_the_light_is_green() -> None:
    light = multiprocessing.Event()
    light.set()
    assert sorted(drive(CARS, light)) == CARS


def test_without_cars_nobody_looks_at_the_light() -> None:
    assert drive([], multiprocessing.Event()) == []


def test_the_light_is_as_it_was_afterwards(street_of: MakeStreet) -> None:
    street = street_of(CARS)
    street.light.set()
    drive(CARS, street.light)
    assert street.light.is_set(), "cars do not turn the light"
    assert not street.turned.is_set(), "a car has turned the light, and turned it back"


# Red --------------------------------------------------------------------------------------


def test_cars_wait_until_the_light_is_green(street_of: MakeStreet) -> None:
    street = street_of(CARS)
    street.turned_by(green_when_all_sleep)
    assert sorted(drive(CARS, street.light)) == CARS
    assert not street.polled.is_set(), "a car looked at the light again and again; it should sleep"


def test_each_car_is_a_process(street_of: MakeStreet) -> None:
    street = street_of(CARS)
    street.turned_by(green_when_all_sleep)
    drive(CARS, street.light)
    assert len(street.sleepers() - {os.getpid()}) == len(CARS)


def test_no_car_crosses_on_red_when_the_green_was_too_short(street_of: MakeStreet) -> None:
    street = street_of(CARS)
    street.turned_by(flash_first)  # green and red again, before anybody is awake; later green for good
    crossed = drive(CARS, street.light)
    street.over.set()
    assert street.light.is_set(), f"the light is red, and these have crossed: {crossed}"
    assert sorted(crossed) == CARS


@pytest.mark.usefixtures("limits_are_over")
def test_it_waits_for_as_long_as_the_light_is_red(street_of: MakeStreet) -> None:
    street = street_of(CARS)
    street.turned_by(green_when_the_caller_sleeps_too)
    assert sorted(drive(CARS, street.light)) == CARS


# Order ------------------------------------------------------------------------------------


def test_names_come_in_the_order_of_crossing(street_of: MakeStreet, monkeypatch: pytest.MonkeyPatch) -> None:
    street = street_of(CARS, Procession)
    assert isinstance(street, Procession)
    street.with_slow_queues(monkeypatch)
    street.turned_by(green_when_all_sleep)
    crossed = drive(CARS, street.light)
    assert sorted(crossed) == CARS
    if not street.unknown.is_set():
        assert crossed == CARS[::-1], (
            "the last car crossed first, each other one when the one behind it had done so"
        )
