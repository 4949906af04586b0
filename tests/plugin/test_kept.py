"""Each interleaving of an exploration begins at the same start, whatever the one before has left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

BEGIN = """
import array, collections, contextvars, functools, io, itertools, logging, queue, random, threading, types, typing
import unittest.mock
from concurrent.futures import Future, ThreadPoolExecutor
import pytest

def together(*functions):
    threads = [threading.Thread(target=each) for each in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

"""

# Each adds two in two threads, rightly: with what the last interleaving has left it would be more.
FRESH = {
    "a global": """
total = 0
lock = threading.Lock()

def add():
    global total
    with lock:
        total += 1

@pytest.mark.interleave
def test():
    together(add, add)
    assert total == 2
""",
    "an attribute of a class": """
class Counter:
    total = 0
    lock = threading.Lock()

    @classmethod
    def add(cls):
        with cls.lock:
            cls.total += 1

@pytest.mark.interleave
def test():
    together(Counter.add, Counter.add)
    assert Counter.total == 2
""",
    "an object that a fixture has made": """
class Counter:
    def __init__(self):
        self.total = 0
        self.lock = threading.Lock()

    def add(self):
        with self.lock:
            self.total += 1

@pytest.fixture
def counter():
    counter = Counter()
    yield counter
    assert counter.total == 2

@pytest.mark.interleave
def test(counter):
    together(counter.add, counter.add)
    assert counter.total == 2
""",
    "slots": """
class Counter:
    __slots__ = ("late", "lock", "total")

    def __init__(self):
        self.total = 0
        self.lock = threading.Lock()

    def add(self):
        with self.lock:
            self.total += 1
            self.late = getattr(self, "late", 0) + 1

counter = Counter()

@pytest.mark.interleave
def test():
    together(counter.add, counter.add)
    assert counter.total == counter.late == 2
""",
    "the test's own object": """
class TestCounter:
    total = 0

    @pytest.mark.interleave
    def test(self):
        lock = threading.Lock()
        def add():
            with lock:
                self.total += 1
        together(add, add)
        assert self.total == 2
""",
    "containers": """
kept = {
    "list": [1], "deque": collections.deque([1], 5), "set": {1}, "dict": {1: 1}, "bytes": bytearray(b"1"),
    "ordered": collections.OrderedDict({1: 1}), "default": collections.defaultdict(list, {1: [1]}),
    "counter": collections.Counter("1"), "user": collections.UserDict({1: 1}),
    "space": types.SimpleNamespace(found=[1]), "inner": ([1], (frozenset({"1"}), [1])),
}
begin = repr(kept)
lock = threading.Lock()

def change():
    with lock:
        kept["list"].append(2)
        kept["deque"].appendleft(2)
        kept["set"].add(2)
        kept["dict"][2] = 2
        kept["bytes"].extend(b"2")
        kept["ordered"].move_to_end(1)
        kept["default"][2].append(2)
        kept["counter"]["2"] += 1
        del kept["user"][1]
        kept["user"][1] = 2
        kept["space"].found.append(2)
        kept["inner"][1][1].clear()
        kept["more"] = True

@pytest.mark.interleave
def test():
    assert repr(kept) == begin
    together(change, lambda: lock.acquire() and lock.release())
""",
    "defaults, closures and caches": """
def counting():
    total = 0
    lock = threading.Lock()
    def add(seen=[], *, also={}):
        nonlocal total
        with lock:
            total += 1
            seen.append(total)
            also[total] = True
            add.calls = getattr(add, "calls", 0) + 1
            return total, len(seen), len(also), add.calls
    return add

add = counting()
made = []

@functools.lru_cache
def cached():
    made.append(1)

@pytest.mark.interleave
def test():
    cached()
    together(add, add)
    assert add() == (3, 3, 3, 3)
    assert len(made) == 1
""",
    "objects of all kinds": """
class LRU(collections.OrderedDict):
    def __init__(self, size):
        super().__init__()
        self.size = size

class Recent(collections.deque):
    def __init__(self, first, size):
        super().__init__([first], size)

class Pair(typing.NamedTuple):
    first: list
    second: list

class Closed:
    def turn(self):
        self.__class__ = Open

class Open:
    pass

class Replaced:
    def turn(self):
        self.__dict__ = {"turned": True}

class Swapped:
    def __init__(self):
        self.a = self.b = 1

buffer = bytearray(4)
view = memoryview(buffer)
numbers = array.array("i", [0])
lru, recent, pair = LRU(3), Recent(1, 2), Pair([], [])
call = functools.partial(list.append, [], 1)
door, replaced, swapped = Closed(), Replaced(), Swapped()
chance, text, ids, future = random.Random(42), io.StringIO("begin"), itertools.count(2), Future()
steps = unittest.mock.Mock(side_effect=[1, 2])
var = contextvars.ContextVar("var", default=0)

def seen():
    return (
        list(lru), list(recent), pair, call.args, type(door), vars(replaced), list(vars(swapped)), bytes(buffer),
        list(numbers), chance.random(), text.getvalue(), next(ids), future.done(), steps(), var.get(),
    )

before = seen()
lock = threading.Lock()

def change():
    with lock:
        lru["a"] = 1
        recent.append(2)
        pair.first.append(1)
        call()
        chance.random()
        text.write("changed")
        next(ids)

@pytest.mark.interleave
def test():
    future.set_result(1)
    buffer[0] = numbers[0] = 1
    door.turn()
    replaced.turn()
    del swapped.a
    swapped.a = 1
    var.set(1)
    assert steps() == 2
    assert next(ids) == 3
    together(change, change)
    assert next(ids) == 6
    assert [list(lru), list(recent), pair.first] == [["a"], [2, 2], [1, 1]]

@pytest.mark.interleave
def test_again(caplog):
    logging.warning("once")
    assert len(caplog.records) == 1
    together(change, change)
""",
    "what lies behind a large table": """
table = [[{"a": [number]} for number in range(1900)] for _ in range(8)]
deep = types.SimpleNamespace(inner=types.SimpleNamespace(items=[{"total": 0}]))
own = threading.local()
own.total = 0
lock = threading.Lock()

def add():
    with lock:
        deep.inner.items[0]["total"] += 1

@pytest.mark.interleave
def test():
    own.total += 1
    together(add, add)
    assert deep.inner.items[0]["total"] == 2
    assert own.total == 1
""",
    "an executor": """
pool = ThreadPoolExecutor(2)

@pytest.fixture
def other():
    with ThreadPoolExecutor(1) as other:
        yield other

@pytest.mark.interleave
def test(other):
    assert pool.submit(pow, 2, 3).result() + other.submit(pow, 2, 2).result() == 12

def test_later(other):
    assert pool.submit(pow, 2, 3).result() + other.submit(pow, 2, 2).result() == 12
    pool.shutdown()
""",
    "what the standard library's objects count": """
places = threading.Semaphore(2)
ready = threading.Event()
items = queue.Queue()
simple = queue.SimpleQueue()
simple.put(1)
barrier = threading.Barrier(2)
listener = unittest.mock.Mock()

def take():
    assert places.acquire(blocking=False)
    items.put(1)
    simple.put(1)
    listener()
    barrier.wait()

@pytest.mark.interleave
def test():
    assert not ready.is_set()
    together(take, take)
    ready.set()
    barrier.abort()
    assert items.qsize() == listener.call_count == 2
    assert simple.qsize() == 3
""",
    "a lock that was left locked": """
lock = threading.Lock()
again = threading.RLock()

@pytest.mark.interleave
def test():
    results = []
    together(lambda: results.append(lock.acquire(timeout=1)), lambda: results.append(lock.acquire(timeout=1)))
    assert again.acquire(blocking=False)
    assert sorted(results) == [False, True]
""",
}


@pytest.mark.parametrize("source", FRESH.values(), ids=FRESH)
def test_what_is_kept_is_put_back(project: Project, source: str) -> None:
    run = project.run(BEGIN + source)
    run.result.assert_outcomes(passed=source.count("def test"))
    for finding in run.findings:
        assert re.fullmatch(r"its only interleaving passes|all \d+ interleavings pass", finding["summary"])


LAZY = """
made = None

def the_lock():
    global made
    if made is None:
        made = threading.Lock()
    return made

@pytest.mark.interleave
def test():
    got = []
    together(*[lambda: got.append(the_lock())] * 2)
    assert got[0] is got[1]
"""


def test_what_is_made_once_is_raced_for_in_each_interleaving(project: Project) -> None:
    run = project.run(BEGIN + LAZY)
    run.result.assert_outcomes(failed=1)
    assert run.kinds == ["race"]


LASTING = """
import pkg

class Thing:
    pass

kept = threading.Thread(target=print)
things = []
begun = threading.Lock()
begun.acquire()

@pytest.mark.interleave
def test():
    import pkg.part
    together(lambda: things.append(pkg.part.NAME), lambda: things.append(2))
    assert begun.locked()

def test_the_last_state_is_seen_by_those_who_come_after():
    assert len(things) == 2
    begun.release()
"""


def test_imports_stay_and_the_last_state_too(project: Project) -> None:
    run = project.run(BEGIN + LASTING, **{"pkg/__init__": "", "pkg/part": "NAME = 'part'\n"})
    run.result.assert_outcomes(passed=2)


REGISTERED = """
import elsewhere

registered = False

def register():
    global registered
    if not registered:
        elsewhere.register("name")  # raises where it is there already
        registered = True

@pytest.mark.interleave
def test():
    register()
    results = []
    together(lambda: results.append(1), lambda: results.append(2))
    assert sorted(results) == [1, 2]
"""
ELSEWHERE = """
import sys

def register(name):
    assert not hasattr(sys, name)
    setattr(sys, name, True)
"""


def test_code_that_cannot_begin_again_goes_on(project: Project) -> None:
    """Half of what it keeps is out of reach: it is explored as it goes on, and the note says so."""
    run = project.run(BEGIN + REGISTERED, elsewhere=ELSEWHERE)
    run.result.assert_outcomes(passed=1)
    assert run.only()["summary"].endswith("each with what the one before left in globals and fixtures")


OWN_POOL = """
class Pool:
    def __init__(self):
        self.jobs = queue.Queue()
        self.thread = None

    def run(self):
        for job in iter(self.jobs.get, None):
            job()
            self.jobs.task_done()

    def submit(self, job):
        if self.thread is None:  # starts with the first job
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()
        self.jobs.put(job)

pool = Pool()

@pytest.mark.interleave
def test():
    done = []
    pool.submit(lambda: done.append(1))
    pool.jobs.join()
    assert done == [1]

def test_later():
    done = []
    pool.submit(lambda: done.append(1))
    pool.jobs.join()
    assert done == [1]
    pool.submit(threading.Event().set)
    pool.jobs.put(None)
    pool.thread.join()
"""
OUTSIDER = """
@pytest.fixture(scope="module", autouse=True)
def somebody_else():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    yield
    over.set()
    thread.join()
"""


@pytest.mark.parametrize("outsider", ["", OUTSIDER], ids=["alone", "beside a thread of a fixture"])
def test_a_thread_that_went_with_the_exploration_is_started_again(project: Project, outsider: str) -> None:
    run = project.run(BEGIN + OWN_POOL + outsider)
    run.result.assert_outcomes(passed=2)
    assert "stalled" not in run.kinds
