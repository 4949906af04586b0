"""A look at local variables keeps none of them alive, and empties nobody's hands."""

from __future__ import annotations

import gc
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.primitives.undisturbed import local_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Thing:
    """Something that can be asked whether it is still there."""


def test_what_was_looked_at_can_go() -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    found = local_variables(sys._getframe())
    assert found["thing"] is thing
    del thing, found
    gc.collect()
    assert gone() is None


def test_what_somebody_has_a_hold_of_stays() -> None:
    names = locals()
    before = dict(names)
    assert local_variables(sys._getframe())["names"] is names
    assert names.items() >= before.items()
    number = 3
    assert locals()["number"] is number


def test_variables_can_be_asked_for_again_and_again() -> None:
    def counting() -> Iterator[int]:
        number = 0
        while True:
            number += 1
            yield number

    steps: Any = counting()
    for number in range(1, 4):
        assert next(steps) == number
        assert local_variables(steps.gi_frame) == {"number": number}
        assert local_variables(steps.gi_frame) == {"number": number}


def test_a_class_in_the_making_keeps_its_names() -> None:
    class Made:
        first = 1
        looked = local_variables(sys._getframe())
        second = 2

    assert (Made.first, Made.second) == (1, 2)
    assert Made.looked["first"] == 1


@pytest.mark.parametrize("fail", [lambda _: 1 / 0, pytest.fail])
def test_a_job_that_has_failed_lets_go_of_its_arguments(fail: Callable[[object], object]) -> None:
    with ThreadPoolExecutor(1) as executor:
        thing = Thing()
        gone = weakref.ref(thing)
        assert executor.submit(fail, thing).exception() is not None
        executor.submit(int).result()  # whoever works on this has put the other away
        del thing
        gc.collect()
        assert gone() is None
