"""What an exploration cannot control ends in a clear message; it never crashes, hangs, or spoils the next test."""

from __future__ import annotations

import sys
import textwrap
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
    assert f"one step in {project.pytester.path}" not in run.output
    assert "cannot be explored" in run.output
    assert "pytest_sensei/explore" not in run.output  # no traceback of ours


LOOP_OVER_A_NAME_OF_ITS_OWN = """
def test_it():
    done = False
    def work():
        done = True
    threading.Thread(target=work).start()
    while not done:
        pass
"""


def test_a_loop_that_reads_nothing_of_other_threads_is_not_taken_for_a_wait(project: Project) -> None:
    run = project.run(START + LOOP_OVER_A_NAME_OF_ITS_OWN + NEXT, conftest=HASTY)
    run.result.assert_outcomes(failed=1, passed=1)
    assert "over one step in" in run.output
    assert "it computes" in run.output
    assert "cannot be explored" not in run.output


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_wait_that_a_signal_handler_may_end_is_no_deadlock(project: Project) -> None:
    source = """
        import pytest, signal, threading
        @pytest.fixture
        def woken():
            woken = threading.Event()
            before = signal.signal(signal.SIGALRM, lambda *_: woken.set())
            signal.setitimer(signal.ITIMER_REAL, 1000)
            yield woken
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

        @pytest.mark.interleave
        def test_it(woken):
            thread = threading.Thread(target=woken.wait)
            thread.start()
            thread.join()

        @pytest.mark.interleave
        def test_a_ring_of_locks_waits_for_no_signal(woken):
            a, b = threading.Lock(), threading.Lock()
            def nest(outer, inner):
                with outer, inner: pass
            threads = [threading.Thread(target=nest, args=pair) for pair in ((a, b), (b, a))]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
    run = project.run(textwrap.dedent(source))
    assert run.kinds == ["deadlock-cycle"]
    assert "signals cannot be explored" in run.output
    run.result.assert_outcomes(failed=2)


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


MULTIPROCESSING = START.replace(
    "import multiprocessing\n", "import multiprocessing\nimport multiprocessing.pool\n"
)

RACE_IN_A_POOL_OF_THREADS = """
def test_it():
    counter = Counter()
    with multiprocessing.pool.ThreadPool(2) as pool:
        pool.map(lambda _: counter.add(), [1, 2])
    assert counter.value == 4
"""
LOCKED_IN_A_POOL_OF_THREADS = """
def test_it():
    counter = Counter()
    lock = threading.Lock()
    def add(_):
        with lock:
            counter.add()
    with multiprocessing.pool.ThreadPool(2) as pool:
        pool.map(add, [1, 2])
        pool.close()
        pool.join()
    assert counter.value == 4
"""
LOCKED_BY_A_LOCK_OF_PROCESSES = """
def test_it():
    counter = Counter()
    lock = multiprocessing.get_context("fork").Lock()
    def add():
        with lock:
            counter.add()
    run(add, add)
    assert counter.value == 4
"""
TOO_WIDE_A_SEMAPHORE = LOCKED_BY_A_LOCK_OF_PROCESSES.replace(".Lock()", ".Semaphore(2)")
LOCKS_IN_OPPOSITE_ORDER = """
def test_it():
    context = multiprocessing.get_context("fork")
    one, two = context.Lock(), context.Lock()
    def take(first, second):
        with first:
            with second:
                pass
    run(lambda: take(one, two), lambda: take(two, one))
"""
LOCKS_IN_ONE_ORDER = LOCKS_IN_OPPOSITE_ORDER.replace("take(two, one)", "take(one, two)")
FIRST_COME = """
def test_it():
    reader, writer = multiprocessing.Pipe(False)
    with reader, writer:
        run(lambda: writer.send(1), lambda: writer.send(2))
        assert reader.recv() == 1
"""
BOTH_COME = FIRST_COME.replace("reader.recv() == 1", "{reader.recv(), reader.recv()} == {1, 2}")
NOTHING_COMES = """
def test_it():
    reader, writer = multiprocessing.Pipe(False)
    with reader, writer:
        run(lambda: reader.poll(5) and writer.send(1))
        run(reader.recv)
"""
BYTES_COME = """
def test_it():
    reader, writer = os.pipe()
    try:
        run(lambda: os.read(reader, 1), lambda: os.write(writer, b"x"))
    finally:
        os.close(reader)
        os.close(writer)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and semaphores as POSIX has them")
@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        (RACE_IN_A_POOL_OF_THREADS, ["race"]),
        (LOCKED_IN_A_POOL_OF_THREADS, []),
        (LOCKED_BY_A_LOCK_OF_PROCESSES, []),
        (TOO_WIDE_A_SEMAPHORE, ["race"]),
        (LOCKS_IN_OPPOSITE_ORDER, ["stalled"]),
        (LOCKS_IN_ONE_ORDER, []),
        (FIRST_COME, ["race"]),
        (BOTH_COME, []),
        (NOTHING_COMES, ["stalled"]),
        (BYTES_COME, []),
    ],
    ids=[
        *("race in a pool", "locked in a pool", "lock", "semaphore", "opposite orders", "one order"),
        *("first come", "both come", "nothing comes", "bytes come"),
    ],
)
def test_what_threads_share_of_multiprocessing_is_explored(
    project: Project, source: str, kinds: list[str]
) -> None:
    run = project.run(
        MULTIPROCESSING
        + source.replace("def test_it", "@pytest.mark.interleave(max_schedules=300)\ndef test_it")
    )
    run.result.assert_outcomes(**({"failed": 1} if kinds else {"passed": 1}))
    assert [kind for kind in run.kinds if kind != "explored"] == kinds


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "MemoryError", "RecursionError", "SystemExit"])
def test_what_ends_a_thread_does_not_end_the_run(project: Project, error: str) -> None:
    run = project.run(f"{START}def fail():\n    raise {error}\n\ndef test_it():\n    run(fail)\n{NEXT}")
    run.result.assert_outcomes(passed=2)
    lost = [] if error == "SystemExit" else ["lost-exception"]
    assert [kind for kind in run.kinds if kind != "explored"] == lost


DEEP = """
class Tree:
    def __init__(self):
        self.depth = 0

    def grow(self):
        self.depth += 1
        self.grow()

def test_it():
    tree = Tree()
    def grow():
        with pytest.raises(RecursionError):
            tree.grow()
    run(grow, grow)
    assert tree.depth > 100
"""


def test_recursion_up_to_the_limit_is_the_tests_own_affair(project: Project) -> None:
    marked = DEEP.replace("def test_it", "@pytest.mark.interleave(max_schedules=5)\ndef test_it")
    run = project.run(START + marked + NEXT)
    run.result.assert_outcomes(passed=2)
