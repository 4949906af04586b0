"""Accesses that do not look like one are seen: each way to lose an update is found, and its locked twin passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

START = """
import bisect
import copy
import functools
import heapq
import io
import itertools
import json
import operator
import threading
from heapq import heappush

import pytest

failure = None

class Box:
    def __init__(self):
        self.items = []
        self.table = {"k": 0}
        self.number = 0
        self.text = io.StringIO()

def alias(box):
    append = box.items.append
    count = len(box.items)
    append(count)
    return box.items == [0, 1]

def two_aliases(box):
    get, put = box.table.get, box.table.__setitem__
    put("k", get("k") + 1)
    return box.table == {"k": 2}

def pattern_of_a_class(box):
    match box:
        case Box(number=number):
            box.number = number + 1
    return box.number == 2

def pattern_of_a_mapping(box):
    match box.table:
        case {"k": number}:
            box.table["k"] = number + 1
    return box.table == {"k": 2}

def name_of_an_exception(box):
    global failure
    try:
        raise ValueError(threading.get_ident())
    except ValueError as failure:
        assert failure.args[0] == threading.get_ident()
    return True

def heap(box):
    count = len(box.items)
    heapq.heappush(box.items, count)
    return box.items == [0, 1]

def heap_by_name(box):
    count = len(box.items)
    heappush(box.items, count)
    return box.items == [0, 1]

def insertion(box):
    count = len(box.items)
    bisect.insort(box.items, count)
    return box.items == [0, 1]

def joined(box):
    text = "".join(box.items)
    box.items.append(f"{len(text)}")
    return box.items == ["0", "1"]

def formatted(box):
    text = "{}".format(box.items)
    box.items.append(len(text))
    return box.items == [2, 3]

def copied(box):
    mine = copy.copy(box.items)
    box.items.append(len(mine))
    return box.items == [0, 1]

def dumped(box):
    text = json.dumps(box.items)
    box.items.append(len(text))
    return box.items == [2, 3]

def reduced(box):
    total = functools.reduce(operator.add, box.items, 1)
    box.items.append(total)
    return box.items == [1, 2]

def chained(box):
    mine = [*itertools.chain(box.items)]
    box.items.append(len(mine))
    return box.items == [0, 1]

def extended(box):
    mine = []
    mine.extend(box.items)
    box.items.append(len(mine))
    return box.items == [0, 1]

def raw_attribute(box):
    object.__setattr__(box, "number", object.__getattribute__(box, "number") + 1)
    return box.number == 2

get_number = operator.attrgetter("number")

def getter(box):
    box.number = get_number(box) + 1
    return box.number == 2

def function_of_operator(box):
    operator.setitem(box.table, "k", operator.getitem(box.table, "k") + 1)
    return box.table == {"k": 2}

def methodcaller(box):
    count = len(box.items)
    operator.methodcaller("append", count)(box.items)
    return box.items == [0, 1]

def partial_call(box):
    count = len(box.items)
    functools.partial(box.items.append, count)()
    return box.items == [0, 1]

def mapped(box):
    count = len(box.items)
    [*map(box.items.append, [count])]
    return box.items == [0, 1]

def starred(box):
    put, job = box.items.append, [len(box.items)]
    put(*job)
    return box.items == [0, 1]

def callback(box):
    box.put = box.items.append
    count = len(box.items)
    box.put(count)
    return box.items == [0, 1]

def text_buffer(box):
    count = len(box.text.getvalue())
    box.text.write(f"{count}")
    return box.text.getvalue() == "01"

def printed(box):
    count = box.text.tell()
    print(count, end="", file=box.text)
    return box.text.getvalue() == "01"

def instance_dict(box):
    vars(box)["number"] = box.__dict__["number"] + 1
    return box.number == 2

WAYS = [
    function_of_operator, methodcaller, partial_call, mapped, starred, callback, text_buffer, printed, instance_dict,
    alias, two_aliases, pattern_of_a_class, pattern_of_a_mapping, name_of_an_exception, heap, heap_by_name, insertion,
    joined, formatted, copied, dumped, reduced, chained, extended, raw_attribute, getter,
]

def both(work):
    box = Box()
    right = []
    def run():
        right.append(work(box))
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(right) == 2 and any(right)

@pytest.mark.interleave
@pytest.mark.parametrize("work", WAYS)
def test_wrong(work):
    assert both(work)

@pytest.mark.interleave
@pytest.mark.parametrize("work", WAYS)
def test_right(work):
    lock = threading.Lock()
    def locked(box):
        with lock:
            return work(box)
    assert both(locked)
"""
WAYS = 26


def test_every_way_to_lose_an_update_is_found_and_its_locked_twin_passes(project: Project) -> None:
    run = project.run(START, "-rA")
    run.result.assert_outcomes(failed=WAYS, passed=WAYS)
    passed = [line for line in run.output.splitlines() if line.startswith("PASSED")]
    assert not [line for line in passed if "test_wrong" in line]
    assert run.kinds.count("race") == WAYS


RELEASED_TOO_EARLY = """
import threading
import pytest

@pytest.mark.interleave
def test_it():
    lock = threading.Lock()
    ready = threading.Event()
    errors = []
    def take():
        lock.acquire()
        ready.set()
    def give():
        WAIT
        try:
            lock.release()
        except RuntimeError as error:
            errors.append(error)
    threads = [threading.Thread(target=take), threading.Thread(target=give)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
"""


def test_a_release_by_another_thread_may_come_before_the_lock_is_taken(project: Project) -> None:
    wrong = project.run(RELEASED_TOO_EARLY.replace("WAIT", "pass"))
    wrong.result.assert_outcomes(failed=1)
    right = project.run(RELEASED_TOO_EARLY.replace("WAIT", "ready.wait()"))
    right.result.assert_outcomes(passed=1)
