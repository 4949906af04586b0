"""Your answers against the facts. Marked tests run in every order in which the threads can take turns.

Where you say True and it is not, the test runs the operation in two threads and shows the order that
breaks it. Where you say False and it is not, look at the demonstrations at the end of the first part:
they pass in every order there is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from gil import ATOMIC, add_all

x = 0
a = 1
b = 2


class Box:
    """An object of a plain class."""

    def __init__(self) -> None:
        self.n = 0


def together(**jobs: Callable[[], object]) -> None:
    """Run each job in a thread of that name, all at once, and wait for them."""
    threads = [threading.Thread(target=job, name=name) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    "operation",
    [
        "x += 1",
        "obj.n += 1",
        "d['k'] += 1",
        "items.append(x)",
        "items.pop()",
        "d['k'] = x",
        "d.get('k')",
        "d.setdefault('k', [])",
        "a, b = b, a",
        "if k not in d: d[k] = x",
    ],
)
def test_every_question_is_answered(operation: str) -> None:
    assert ATOMIC.get(operation) in (True, False), f"answer {operation!r} with True or False"


# Said to be one step: is it?


@pytest.mark.interleave
def test_adding_to_a_global_is_one_step_if_you_say_so() -> None:
    global x
    x = 0

    def add() -> None:
        global x
        x += 1

    if ATOMIC.get("x += 1"):
        together(ann=add, bob=add)
        assert x == 2


@pytest.mark.interleave
def test_adding_to_an_attribute_is_one_step_if_you_say_so() -> None:
    obj = Box()

    def add() -> None:
        obj.n += 1

    if ATOMIC.get("obj.n += 1"):
        together(ann=add, bob=add)
        assert obj.n == 2


@pytest.mark.interleave
def test_adding_to_a_dict_item_is_one_step_if_you_say_so() -> None:
    d = {"k": 0}

    def add() -> None:
        d["k"] += 1

    if ATOMIC.get("d['k'] += 1"):
        together(ann=add, bob=add)
        assert d == {"k": 2}


@pytest.mark.interleave
def test_swapping_two_globals_is_one_step_if_you_say_so() -> None:
    global a, b
    a, b = 1, 2

    def swap() -> None:
        global a, b
        a, b = b, a

    if ATOMIC.get("a, b = b, a"):
        together(ann=swap, bob=swap)
        assert (a, b) == (1, 2)  # there and back again


@pytest.mark.interleave
def test_setting_a_missing_item_is_one_step_if_you_say_so() -> None:
    d: dict[str, str] = {}
    stored = []

    def set_if_missing(value: str) -> None:
        if "k" not in d:
            d["k"] = value
            stored.append(value)

    if ATOMIC.get("if k not in d: d[k] = x"):
        together(
            ann=lambda: set_if_missing("by ann"),
            bob=lambda: set_if_missing("by bob"),
        )
        assert len(stored) == 1  # else one has overwritten the other's


# Said not to be: these run in every order, and nothing is ever lost


@pytest.mark.interleave
def test_two_appends_are_both_kept_in_every_order() -> None:
    items: list[str] = []
    together(
        ann=lambda: items.append("by ann"),
        bob=lambda: items.append("by bob"),
    )
    assert set(items) == {"by ann", "by bob"}


@pytest.mark.interleave
def test_two_pops_never_get_the_same_item_in_any_order() -> None:
    items = ["first", "second"]
    popped: dict[str, str] = {}

    def pop(name: str) -> None:
        popped[name] = items.pop()

    together(
        ann=lambda: pop("ann"),
        bob=lambda: pop("bob"),
    )
    assert set(popped.values()) == {"first", "second"}
    assert items == []


@pytest.mark.interleave
def test_setting_an_item_leaves_a_whole_value_in_every_order() -> None:
    d = {"other": "kept"}

    def put(value: str) -> None:
        d["k"] = value

    together(
        ann=lambda: put("by ann"),
        bob=lambda: put("by bob"),
    )
    assert d in ({"other": "kept", "k": "by ann"}, {"other": "kept", "k": "by bob"})


@pytest.mark.interleave
def test_getting_an_item_sees_the_old_or_the_new_value_in_every_order() -> None:
    d = {"k": "old"}
    seen: dict[str, str | None] = {}

    def get() -> None:
        seen["ann"] = d.get("k")

    def put() -> None:
        d["k"] = "new"

    together(ann=get, bob=put)
    assert seen["ann"] in ("old", "new")


@pytest.mark.interleave
def test_setdefault_gives_both_the_same_list_in_every_order() -> None:
    d: dict[str, list[str]] = {}

    def add(value: str) -> None:
        d.setdefault("k", []).append(value)

    together(
        ann=lambda: add("by ann"),
        bob=lambda: add("by bob"),
    )
    assert set(d["k"]) == {"by ann", "by bob"}


@pytest.mark.parametrize(
    ("operation", "demonstration"),
    [
        pytest.param("items.append(x)", test_two_appends_are_both_kept_in_every_order, id="items.append(x)"),
        pytest.param("items.pop()", test_two_pops_never_get_the_same_item_in_any_order, id="items.pop()"),
        pytest.param("d['k'] = x", test_setting_an_item_leaves_a_whole_value_in_every_order, id="d['k'] = x"),
        pytest.param(
            "d.get('k')", test_getting_an_item_sees_the_old_or_the_new_value_in_every_order, id="d.get('k')"
        ),
        pytest.param(
            "d.setdefault('k', [])",
            test_setdefault_gives_both_the_same_list_in_every_order,
            id="d.setdefault('k', [])",
        ),
    ],
)
def test_what_no_order_can_break_is_answered_true(operation: str, demonstration: Callable[[], None]) -> None:
    assert ATOMIC.get(operation) is True, (
        f"{operation!r} is one step: {demonstration.__name__} ran it in two threads, "
        "in every order there is, and nothing was lost or torn"
    )


# Adding under a lock


class Total:
    """What add_all adds to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0


def test_add_all_adds_all_numbers() -> None:
    total = Total()
    add_all(total, [1, 2, 3])
    add_all(total, [])
    add_all(total, [10])
    assert total.value == 16


@pytest.mark.interleave
def test_add_all_in_two_threads_loses_nothing() -> None:
    total = Total()
    together(
        ann=lambda: add_all(total, [1, 2]),
        bob=lambda: add_all(total, [10, 20]),
    )
    assert total.value == 33


@pytest.mark.interleave
def test_add_all_gets_on_with_everybody_who_uses_the_lock_of_the_target() -> None:
    total = Total()

    def add_a_hundred() -> None:
        with total.lock:
            total.value = total.value + 100

    together(
        ann=lambda: add_all(total, [1]),
        bob=add_a_hundred,
    )
    assert total.value == 101


def test_add_all_takes_numbers_that_can_be_gone_through_only_once() -> None:
    total = Total()
    add_all(total, (number for number in [1, 2, 3]))
    add_all(total, iter([]))
    assert total.value == 6


@pytest.mark.interleave
def test_add_all_waits_for_the_lock_as_long_as_it_takes() -> None:
    total = Total()

    def add_a_hundred_slowly() -> None:
        with total.lock:
            before = total.value
            time.sleep(3600)  # costs nothing: ends when nobody else can run
            total.value = before + 100

    together(
        ann=lambda: add_all(total, [1]),
        bob=add_a_hundred_slowly,
    )
    assert total.value == 101


def test_the_lock_is_free_after_add_all() -> None:
    total = Total()
    add_all(total, [1])
    add_all(total, [])
    assert not total.lock.locked()


def test_the_lock_is_free_after_add_all_has_failed() -> None:
    total = Total()
    with pytest.raises(TypeError):
        add_all(total, [1, "two", 3])  # type: ignore[list-item]
    assert not total.lock.locked()
