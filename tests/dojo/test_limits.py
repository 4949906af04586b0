"""`limits_are_over`: the answer's own limits pass at once, everywhere; nobody else's do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

ANSWER = """
import multiprocessing, threading, time
from concurrent.futures import ThreadPoolExecutor, wait

def join_a_thread(thread):
    thread.join(5)
    return not thread.is_alive()

def sleep():
    time.sleep(5)

def wait_for(event):
    return event.wait(5)

def wait_in_a_loop(event):
    while not event.wait(5):
        pass
    return True

def wait_generously(event):
    return event.wait(60)

def take(lock):
    return lock.acquire(timeout=5)

def get(queue):
    return queue.get(timeout=5)

def receive(end):
    return end.poll(5)

def wait_in_a_child(method, event):
    context = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    child = context.Process(target=_wait, args=(event, results))
    child.start()
    result = results.get()
    child.join()
    results.close()
    return result

def _wait(event, results):
    results.put(event.wait(5))

def call(function):
    return function()
"""

HINTS = """
[kata]
number = 1
title = "Over"
part = 1
stub = "over.py"
"""

TESTS = """
import multiprocessing, queue, threading, time
import pytest
import over

pytestmark = pytest.mark.usefixtures("limits_are_over")

@pytest.fixture
def opened():
    "An event that is set after a while."
    event = threading.Event()
    opener = threading.Timer(0.3, event.set)
    opener.start()
    yield event
    opener.join()

def test_a_thread(opened):
    thread = threading.Thread(target=opened.wait)
    thread.start()
    assert not over.join_a_thread(thread)
    thread.join()

def test_a_sleep(opened):
    over.sleep()
    assert not opened.is_set()

def test_an_event(opened):
    assert not over.wait_for(opened)

def test_a_loop_notices_nothing(opened):
    assert over.wait_in_a_loop(opened)

def test_a_safety_net_stays(opened):
    assert over.wait_generously(opened)

def test_a_lock():
    lock = multiprocessing.Lock()
    with lock:
        assert not over.take(lock)

def test_a_lock_of_threads():
    lock = threading.Lock()
    with lock:
        assert not over.take(lock)

@pytest.mark.parametrize("make", [queue.Queue, queue.SimpleQueue, multiprocessing.Queue])
def test_a_queue(make):
    orders = make()
    with pytest.raises(queue.Empty):
        over.get(orders)
    if make is multiprocessing.Queue:
        orders.close()

def test_a_pipe():
    mine, other = multiprocessing.Pipe()
    with mine, other:
        assert not over.receive(mine)

@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child(method):
    assert over.wait_in_a_child(method, multiprocessing.get_context(method).Event()) is False

def test_the_tests_own_limits_last(opened):
    assert over.call(lambda: opened.wait(5))
    assert opened.wait(5)
"""


@pytest.fixture
def kata(project: Project) -> Project:
    folder = project.pytester.mkdir("katas").joinpath("01_over")
    folder.mkdir()
    for name, text in (
        ("over.py", ANSWER),
        ("test_over.py", TESTS),
        ("README.md", "# Over"),
        ("hints.toml", HINTS),
    ):
        (folder / name).write_text(text)
    return project


def test_the_answers_limits_are_over_at_once_and_nobody_elses(kata: Project) -> None:
    result = kata.pytester.runpytest_subprocess("-p", "no:cacheprovider", "katas/01_over", "--all")
    assert result.ret == 0, result.stdout.str()
    result.assert_outcomes(passed=15)


def test_a_test_that_is_of_no_kata_has_no_answer(project: Project) -> None:
    run = project.run("def test_it(limits_are_over): pass")
    run.result.assert_outcomes(errors=1)
    run.result.stdout.fnmatch_lines(["*limits_are_over is for the tests of katas*"])
