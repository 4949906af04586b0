"""The sentence about a failing interleaving: small wrong programs of each kind, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_sensei.diagnosis import Diagnosis, Kind
from pytest_sensei.explain.evidence import lock_verdict, story

if TYPE_CHECKING:
    from conftest import Explore

CLASSES = """
class Counter:
    total = 0
    def __init__(self):
        self.value = 0
        self.lock = Lock()
    def add(self):
        self.value += 1
    def add_total(self):
        self.total += 1
    def take(self):
        if self.value > 0:
            self.value -= 1
    def put(self, value):
        self.value = value
        return self.value

class Pair:
    one, lock = None, Lock()
    def __init__(self):
        self.x = self.y = 0
        self.lock = Lock()
    def put(self, value):
        self.x = value
        self.y = value

def run(*jobs):
    threads = [Thread(target=job, name=name) for job, name in zip(jobs, ["ann", "bob"])]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

COUNTED = "both read 0, so one increment was lost"
PROGRAMS = {
    "attribute": (
        "counter = Counter(); run(counter.add, counter.add); assert counter.value == 2",
        COUNTED,
        "no lock is held at any access to Counter.value",
    ),
    "default of the class": (
        "counter = Counter(); run(counter.add_total, counter.add_total); assert counter.total == 2",
        COUNTED,
        "no lock is held at any access to Counter.total",
    ),
    "item of a list": (
        """
        cells = [0, 0]
        def add(): cells[1] += 1
        run(add, add)
        assert cells == [0, 2]
        """,
        COUNTED,
        "no lock is held at any access to cells[1]",
    ),
    "key that is not there yet": (
        """
        counts = {}
        def add(): counts["a"] = counts.get("a", 0) + 1
        run(add, add)
        assert counts == {"a": 2}
        """,
        "both found counts['a'] absent, so one update was lost",
        "no lock is held at any access to counts['a']",
    ),
    "look into a dictionary, then fill it": (
        """
        cache, made = {}, []
        def get():
            if 3 not in cache:
                made.append(3)
                cache[3] = 9
        run(get, get)
        assert made == [3]
        """,
        "both found cache[3] absent before either had written it",
        "no lock is held at any access to cache[3]",
    ),
    "look into a set, then add": (
        """
        seen, handled = set(), []
        def handle():
            if 7 not in seen:
                seen.add(7)
                handled.append(7)
        run(handle, handle)
        assert handled == [7]
        """,
        "both read 7 in seen as False before either had changed it",
        "no lock is held at any access to 7 in seen",
    ),
    "lazy object": (
        """
        counter = Counter(); counter.value = None; got = []
        def get():
            if counter.value is None:
                counter.value = object()
            got.append(counter.value)
        run(get, get)
        assert got[0] is got[1]
        """,
        "both read Counter.value as None before either had changed it",
        "no lock is held at any access to Counter.value",
    ),
    "check, then take": (
        "counter = Counter(); counter.value = 1; run(counter.take, counter.take); assert counter.value >= 0",
        "ann read Counter.value as 1 and went on with that, after bob had changed it to 0",
        "no lock is held at any access to Counter.value",
    ),
    "check and take in two locked sections": (
        """
        counter = Counter(); counter.value = 1
        def take():
            with counter.lock: free = counter.value > 0
            if free:
                with counter.lock: counter.value -= 1
        run(take, take)
        assert counter.value >= 0
        """,
        "ann read Counter.value as 1 and went on with that, after bob had changed it to 0",
        "counter.lock is held at each access to Counter.value, but ann gave it back in between",
    ),
    "pop after a look": (
        """
        items = [1]
        def pop():
            if items:
                items.pop()
        run(pop, pop)
        """,
        "ann read items as [1] and went on with that, after bob had changed it",
        "no lock is held at any access to items",
    ),
    "length that is old": (
        """
        ids = {}
        def register(name): ids[name] = len(ids)
        run(lambda: register("a"), lambda: register("b"))
        assert sorted(ids.values()) == [0, 1]
        """,
        "ann read ids as {} and went on with that, after bob had changed ids['b'] to 0",
        "no lock is held at any access to ids",
    ),
    "half of a change": (
        """
        pair = Pair(); seen = []
        run(lambda: pair.put(1), lambda: seen.append((pair.x, pair.y)))
        assert seen[0] in [(0, 0), (1, 1)]
        """,
        "bob read Pair.x as 1, already changed by ann, and Pair.y as 0, not yet changed",
        "no lock is held at any access to Pair.x",
    ),
    "two reads in two locked sections": (
        """
        pair = Pair(); seen = []
        def put():
            with pair.lock: pair.put(1)
        def look():
            with pair.lock: x = pair.x
            with pair.lock: seen.append((x, pair.y))
        run(put, look)
        assert seen[0] in [(0, 0), (1, 1)]
        """,
        "bob read Pair.x as 0, not yet changed by ann, and Pair.y as 1, already changed",
        "pair.lock is held at each access to Pair.x, but bob gave it back in between",
    ),
    "two writers": (
        "pair = Pair(); run(lambda: pair.put(1), lambda: pair.put(2)); assert pair.x == pair.y",
        "Pair.x was left as 2 by bob, Pair.y as 1 by ann: half of each",
        "no lock is held at any access to Pair.x",
    ),
    "flag before its data": (
        """
        pair = Pair(); got = []
        def produce():
            pair.x = True
            pair.y = 42
        def consume():
            if pair.x: got.append(pair.y)
        run(produce, consume)
        assert got in ([], [42])
        """,
        "bob read Pair.x as True, already changed by ann, and Pair.y as 0, not yet changed",
        "no lock is held at any access to Pair.x",
    ),
    "published before it is ready": (
        """
        Pair.one = None; got = []
        def get():
            if Pair.one is None:
                with Pair.lock:
                    if Pair.one is None:
                        Pair.one = Pair()
                        Pair.one.x = 1
            got.append(Pair.one.x)
        run(get, get)
        assert got == [1, 1]
        """,
        "bob read Pair.one as <Pair>, already changed by ann, and Pair.x as 0, not yet changed",
        "Pair.one: written with Pair.lock in {file}:49, but read with no lock in {file}:46",
    ),
    "money on its way": (
        """
        a, b, seen = Counter(), Counter(), []
        def transfer():
            with a.lock: a.value -= 3
            with b.lock: b.value += 3
        def audit():
            with a.lock, b.lock: seen.append(a.value + b.value)
        run(transfer, audit)
        assert seen == [0]
        """,
        "bob read a.value as -3, already changed by ann, and b.value as 0, not yet changed",
        "a.lock is held at each access to a.value, but ann gave it back in between",
    ),
    "result of another": (
        """
        counter, out = Counter(), {}
        def work(number): out[number] = counter.put(number)
        run(lambda: work(2), lambda: work(3))
        assert out == {2: 2, 3: 3}
        """,
        "ann wrote Counter.value as 2 and read it back as 3: bob had written it in between",
        "no lock is held at any access to Counter.value",
    ),
    "closed between look and use": (
        """
        counter = Counter(); counter.value = "open"
        def close(): counter.value = None
        def send():
            if counter.value is not None:
                counter.value.upper()
        run(close, send)
        """,
        "bob read Counter.value as 'open' and then as None: ann had changed it in between",
        "no lock is held at any access to Counter.value",
    ),
    "dictionary that grows under a loop": (
        """
        table = {"a": 1, "b": 2}
        def add(): table["c"] = 3
        def walk():
            for key in table: table[key]
        run(add, walk)
        """,
        "ann changed table while bob went through it",
        "no lock is held at any access to table",
    ),
    "value on the way": (
        """
        counter, seen = Counter(), []
        def rebuild():
            counter.value = -1
            counter.value = 7
        run(rebuild, lambda: seen.append(counter.value))
        assert seen != [-1]
        """,
        "bob read Counter.value as -1 while ann was still changing it",
        "no lock is held at any access to Counter.value",
    ),
    "two locks": (
        """
        counter, other = Counter(), Lock()
        def add():
            with counter.lock: counter.value += 1
        def add_too():
            with other: counter.value += 1
        run(add, add_too)
        assert counter.value == 2
        """,
        COUNTED,
        "Counter.value: ann holds counter.lock, bob holds other; no lock in common",
    ),
    "no join": (
        """
        counter = Counter()
        thread = Thread(target=counter.add, name="ann")
        thread.start()
        assert counter.value == 1
        """,
        "MainThread read Counter.value as 0 before ann changed it to 1",
        None,
    ),
    "signal before the data": (
        """
        counter, ready, got = Counter(), Event(), []
        def produce():
            ready.set()
            counter.value = 5
        def consume():
            ready.wait()
            got.append(counter.value)
        run(produce, consume)
        assert got == [5]
        """,
        "bob read Counter.value as 0 before ann changed it to 5",
        None,
    ),
    "order that nobody asked for": (
        """
        log = []
        run(lambda: log.append("a"), lambda: log.append("b"))
        assert log == ["a", "b"]
        """,
        "bob changed log before ann did",
        None,
    ),
}


def found(explore: Explore, program: str) -> Diagnosis:
    body = program if "\n" in program else f"\n        {program}\n"
    result = explore(f"{CLASSES}\ndef test():{body.replace(chr(10) + '        ', chr(10) + '    ')}")
    assert result.diagnosis is not None
    return result.diagnosis


@pytest.mark.parametrize(("program", "why", "locks"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_failing_interleaving_is_told_in_a_sentence(
    explore: Explore, program: str, why: str, locks: str | None
) -> None:
    diagnosis = found(explore, program)
    assert diagnosis.kind is Kind.RACE
    told = story(diagnosis)
    assert told.verdict == why
    file = diagnosis.culprits[0].file
    assert lock_verdict(diagnosis) == (locks and locks.format(file=file))
    assert told.is_order is (locks is None)


def test_each_field_has_a_name_of_its_own(explore: Explore) -> None:
    diagnosis = found(
        explore,
        """
        table = {"a": []}
        def add():
            table["a"] = [*table["a"], 1]
            table["a"].append(2)
        run(add, add)
        assert len(table["a"]) == 4
        """,
    )
    assert diagnosis.schedule is not None
    steps = [step for step in diagnosis.schedule.steps if step.part_of is not None]
    assert {"table['a']", "table['a'] (list)"} <= {step.field for step in steps}
    assert {step.part_of for step in steps if step.field == "table['a']"} == {"table"}


EARLY = """
        condition = Condition()
        def give():
            with condition: condition.notify()
        def wait():
            with condition: condition.wait()
        run(give, wait)
"""


def test_a_notify_that_nobody_heard_is_told(explore: Explore) -> None:
    diagnosis = found(explore, EARLY)
    assert diagnosis.kind is Kind.STALLED
    line = next(detail for detail in diagnosis.details if "notified" in detail)
    assert line.startswith("ann notified condition in explored_")
    assert line.endswith(" when nobody waited; bob came to wait after that")


def test_a_notify_that_never_comes_is_told(explore: Explore) -> None:
    diagnosis = found(explore, EARLY.replace("condition.notify()", "pass"))
    assert diagnosis.details[0] == "nobody notified condition in this test"


def test_a_wait_that_ends_by_another_s_notify_is_not_told_of(explore: Explore) -> None:
    diagnosis = found(
        explore,
        """
        condition, lock = Condition(), Lock()
        lock.acquire()
        def give():
            while not condition._waiters: time.sleep(1)
            with condition: condition.notify()
            lock.acquire()
        def wait():
            with condition: condition.wait()
            lock.acquire()
        run(give, wait)
        """,
    )
    assert not [detail for detail in diagnosis.details if "notified" in detail]
