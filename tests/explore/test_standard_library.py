"""What the standard library does to the user's objects between two of their lines is explored, too."""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.explore.exploring import Outcome

if TYPE_CHECKING:
    from conftest import Explore

IMPORTS = """
import dataclasses, functools
from functools import lru_cache

@dataclasses.dataclass(order=True)
class Point:
    x: int = 0
    y: int = 0
    def move(self):
        self.x = 1
        self.y = 1

class Lazy:
    def __init__(self):
        self.made = 0
    @functools.cached_property
    def thing(self):
        self.made += 1
        return object()

calls = []

@functools.cache
def connect():
    "connects"
    calls.append(1)
    return object()

class Service:
    @lru_cache(maxsize=4)
    def connect(self):
        calls.append(1)

def numbers():
    number = 0
    while True:
        number += 1
        yield number
"""

READS_HALF = {
    "equality": "point == Point(1, 0)",
    "order": "Point(0, 2) < point <= Point(1, 0)",
    "text": "repr(point) == 'Point(x=1, y=0)'",
    "replace": "(lambda new: (new.x, new.y) == (1, 0))(dataclasses.replace(point))",
    "asdict": "dataclasses.asdict(point) == {'x': 1, 'y': 0}",
    "astuple": "dataclasses.astuple(point) == (1, 0)",
}


@pytest.mark.parametrize("look", READS_HALF.values(), ids=READS_HALF)
def test_a_data_class_s_methods_read_one_field_after_the_other(explore: Explore, look: str) -> None:
    body = f"""{IMPORTS}
def test():
    point, lock, seen = Point(), Lock(), []
    def move():
        with lock: point.move()
    def look():
        with lock: seen.append({look})
    together(move, look)
    assert seen == [False]
"""
    assert explore(body).outcome is Outcome.EXHAUSTED
    assert explore(body.replace("with lock: ", "")).outcome is Outcome.FAILED


def test_a_data_class_with_slots_made_in_the_test_does_so_too(explore: Explore) -> None:
    result = explore(
        f"""{IMPORTS}
def test():
    @dataclasses.dataclass(slots=True)
    class Pair:
        x: int = 0
        y: int = 0
    pair, seen = Pair(), []
    def move():
        pair.x = 1
        pair.y = 1
    together(move, lambda: seen.append(pair == Pair(1, 0)))
    assert seen == [False]
"""
    )
    assert result.outcome is Outcome.FAILED


def test_a_data_class_s_own_methods_are_back_afterwards(explore: Explore) -> None:
    result = explore(
        f"""{IMPORTS}
kept = Point.__eq__, Point.__repr__, Point.__lt__
def test():
    assert Point.__eq__ is not kept[0]
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2).__eq__(3) is NotImplemented
    point = Point(1)
    point.y = point
    assert repr(point) == "Point(x=1, y=...)"
    together(lambda: None, lambda: None)
"""
    )
    assert result.outcome is Outcome.EXHAUSTED, result.error
    module = next(module for name, module in sys.modules.items() if name.startswith("explored_"))
    assert (module.Point.__eq__, module.Point.__repr__, module.Point.__lt__) == module.kept
    assert dataclasses._process_class.__module__ == "dataclasses"  # type: ignore[attr-defined]
    assert functools.cached_property.__get__.__module__ == "functools"


@pytest.mark.parametrize("look", ["connect()", "service.connect()"])
def test_a_cache_may_be_found_empty_by_two(explore: Explore, look: str) -> None:
    body = f"""{IMPORTS}
def test():
    calls.clear()
    connect.cache_clear()
    lock, service = Lock(), Service()
    def get():
        with lock: {look}
    together(get, get)
    assert len(calls) == 1
"""
    assert explore(body).outcome is Outcome.EXHAUSTED
    assert explore(body.replace("with lock: ", "")).outcome is Outcome.FAILED


def test_a_cached_property_is_computed_once_only_where_it_has_a_lock(explore: Explore) -> None:
    body = f"""{IMPORTS}
def test():
    lazy, got = Lazy(), []
    def get(): got.append(lazy.thing)
    together(get, get)
    assert got[0] is got[1]
"""
    locks = sys.version_info < (3, 12)
    assert explore(body).outcome is (Outcome.EXHAUSTED if locks else Outcome.FAILED)


def test_a_generator_that_two_step_may_be_found_executing(explore: Explore) -> None:
    body = f"""{IMPORTS}
def test():
    it, lock, out = numbers(), Lock(), []
    def step():
        with lock: number = next(it)
        out.append(number)
    together(step, step)
    assert sorted(out) == [1, 2]
"""
    assert explore(body).outcome is Outcome.EXHAUSTED
    result = explore(body.replace("with lock: ", ""))
    assert str(result.error) == "generator already executing"


def test_each_thread_may_step_a_generator_of_its_own(explore: Explore) -> None:
    result = explore(
        f"""{IMPORTS}
def test():
    def step():
        it = numbers()
        assert [next(it), next(it)] == [1, 2]
    together(step, step)
"""
    )
    assert result.outcome is Outcome.EXHAUSTED
    assert result.executions == 1


@pytest.mark.parametrize(
    "ask",
    ["list(as_completed(jobs))", "[*wait(jobs).done]", "[*wait(jobs, return_when='FIRST_COMPLETED').done]"],
)
def test_futures_come_in_the_same_order_in_each_execution(explore: Explore, ask: str) -> None:
    result = explore(
        f"""
from concurrent.futures import as_completed, wait
def fail(number): raise ValueError(number)
def test():
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(fail, number) for number in range(3)]
        for job in {ask}:
            job.result()
""",
        max_schedules=40,
    )
    assert result.outcome is Outcome.FAILED
    assert isinstance(result.error, ValueError)


def test_a_future_keeps_its_hash(explore: Explore) -> None:
    explore("""
kept = {}
def test():
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(int)
    kept[future] = 1
""")
    module = next(module for name, module in sys.modules.items() if name.startswith("explored_"))
    assert all(future in module.kept for future in module.kept)
