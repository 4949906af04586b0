"""What an exploration cannot control ends in a clear message; it never crashes, hangs, or spoils the next test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

HASTY = """
from pytest_sensei.explore import watchdog

watchdog.PATIENCE = 1.0  # seconds
"""

START = """
import _thread
import multiprocessing
import os
import socket
import threading

import pytest

pytestmark = pytest.mark.interleave

def run(*functions):
    threads = [threading.Thread(target=function, daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

class Counter:
    def __init__(self):
        self.value = 0

    def add(self):
        self.value += 1
        self.value += 1

"""
NEXT = """
def test_the_next_one():
    counter = Counter()
    run(counter.add)
    assert counter.value == 2
"""

SOCKET_READ_IN_A_THREAD = """
def test_it():
    one, other = socket.socketpair()
    with one, other:
        run(lambda: one.recv(1))
"""
SOCKET_READ_IN_THE_TEST = """
def test_it():
    one, other = socket.socketpair()
    with one, other:
        threading.Thread(target=other.sendall, args=(b"x",), daemon=True).start()
        assert one.recv(1) == b"x"
"""
RAW_LOCK_HELD_BY_ANOTHER = """
def test_it():
    lock = _thread.allocate_lock()
    counter = Counter()
    def add():
        with lock:
            counter.add()
    run(add, add)
"""
POOL_OF_PROCESSES = """
def test_it():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(abs, [-1]) == [1]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sockets and forks as POSIX has them")
@pytest.mark.parametrize(
    ("source", "who", "where"),
    [
        (SOCKET_READ_IN_A_THREAD, "Thread-1 (<lambda>)", "run(lambda: one.recv(1))"),
        (SOCKET_READ_IN_THE_TEST, "MainThread", 'assert one.recv(1) == b"x"'),
        (RAW_LOCK_HELD_BY_ANOTHER, "Thread-", "with lock:"),
        (POOL_OF_PROCESSES, "", ""),
    ],
    ids=["socket in a thread", "socket in the test", "raw lock", "pool of processes"],
)
def test_a_wait_that_is_not_under_control_is_named_and_the_next_test_runs(
    project: Project, source: str, who: str, where: str
) -> None:
    run = project.run(START + source + NEXT, "-W", "ignore::DeprecationWarning", conftest=HASTY)
    run.result.assert_outcomes(failed=1, passed=1)
    assert f"{who}" in run.output
    assert "takes more than 1 seconds over one step in" in run.output
    assert where in run.output
    assert "cannot be explored" in run.output
    assert "pytest_sensei/explore" not in run.output  # no traceback of ours


FORK_IN_A_THREAD = """
def test_it():
    counter = Counter()
    codes = []
    def fork():
        counter.add()
        pid = os.fork()
        if pid == 0:
            try:
                run(counter.add, counter.add)  # free threads: nobody explores a child
            finally:
                os._exit(counter.value % 2)
        codes.append(os.waitpid(pid, 0)[1])
    run(fork)
    assert codes == [0]
"""
PROCESS = """
def work():
    counter = Counter()
    run(counter.add)
    os._exit(counter.value)

def test_it():
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 2
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("source", [FORK_IN_A_THREAD, PROCESS], ids=["fork", "process"])
def test_a_forked_child_is_no_part_of_the_exploration(project: Project, source: str) -> None:
    run = project.run(START + source + NEXT, "-W", "ignore::DeprecationWarning")
    run.result.assert_outcomes(passed=2)
