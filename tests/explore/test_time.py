"""Time that passes orders only those who waited for it: who stood at a lock meanwhile could have come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_sensei.explore.exploring import Outcome

if TYPE_CHECKING:
    from conftest import Explore

BEGIN = """
def test():
    order, lock, other, changed, places = [], Lock(), Lock(), Condition(), Semaphore(1)
"""
FAILING = {
    "a sleep with the lock": """
        def first():
            with lock: order.append(1); time.sleep(1)
        def second():
            with lock: order.append(2)
        """,
    "a sleep with a place": """
        def first():
            with places: order.append(1); time.sleep(1)
        def second():
            with places: order.append(2)
        """,
    "a timed wait": """
        def first():
            with changed: order.append(1); changed.wait(1)
        def second():
            with changed: order.append(2)
        """,
    "a take that was given up": """
        def first():
            with lock: time.sleep(2); order.append(1)
        def second():
            if lock.acquire(timeout=1):
                order.append(2)
                lock.release()
        """,
}


@pytest.mark.parametrize("threads", FAILING.values(), ids=FAILING)
def test_the_order_in_which_they_began_is_not_the_only_one(explore: Explore, threads: str) -> None:
    source = f"{BEGIN}{_in_body(threads)}    together(first, second)\n    assert order[0] == 1\n"
    assert explore(source).outcome is Outcome.FAILED


def test_a_knot_that_a_sleep_keeps_apart_in_one_order_only(explore: Explore) -> None:
    threads = """
        def first():
            with lock:
                time.sleep(1)
                with other: pass
        def second():
            with other:
                with lock: pass
        """
    result = explore(f"{BEGIN}{_in_body(threads)}    together(first, second)\n")
    assert result.diagnosis is not None
    assert result.diagnosis.kind.value == "deadlock-cycle"


def test_who_sleeps_longer_comes_later(explore: Explore) -> None:
    threads = """
        def first():
            time.sleep(1)
            order.append(1)
        def second():
            time.sleep(2)
            order.append(2)
        """
    source = f"{BEGIN}{_in_body(threads)}    together(first, second)\n    assert order == [1, 2]\n"
    assert explore(source).outcome is Outcome.EXHAUSTED


def _in_body(text: str) -> str:
    return "".join(line[4:] + "\n" for line in text.strip("\n").splitlines() if line.strip())
