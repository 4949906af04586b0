"""Deadlocks of threads: what must be proved, and the healthy look-alikes that must be left alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

ABBA = """
import threading

def test_abba():
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    def work(first, second):
        with first:
            both.wait()
            with second:
                pass
    one = threading.Thread(target=work, args=(a, b), name="one")
    two = threading.Thread(target=work, args=(b, a), name="two")
    one.start(); two.start(); one.join(); two.join()

def test_next():
    assert threading.active_count() == 1
"""

CAUGHT = {
    "abba": ("deadlock-cycle", ABBA),
    "abba by acquire and release": (
        "deadlock-cycle",
        """
        import threading
        def test_it():
            a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
            def work(first, second):
                first.acquire()
                both.wait()
                second.acquire()
                second.release()
                first.release()
            one = threading.Thread(target=work, args=(a, b))
            two = threading.Thread(target=work, args=(b, a))
            one.start(); two.start(); one.join(); two.join()
        """,
    ),
    "abba while the main thread polls": (
        "deadlock-cycle",
        """
        import threading, time
        def test_it():
            a, b, both = threading.RLock(), threading.RLock(), threading.Barrier(2)
            def work(first, second):
                with first:
                    both.wait()
                    with second:
                        pass
            one = threading.Thread(target=work, args=(a, b))
            two = threading.Thread(target=work, args=(b, a))
            one.start(); two.start()
            while one.is_alive():
                time.sleep(0.2)
        """,
    ),
    "main holds what the joined thread wants": (
        "deadlock-cycle",
        """
        import threading
        def test_it():
            lock = threading.Lock()
            def work():
                with lock:
                    pass
            thread = threading.Thread(target=work)
            with lock:
                thread.start()
                thread.join()
        """,
    ),
    "three threads in a ring": (
        "deadlock-cycle",
        """
        import threading
        def test_it():
            locks, ready = [threading.Lock() for _ in range(3)], threading.Barrier(3)
            def work(seat):
                with locks[seat]:
                    ready.wait()
                    with locks[(seat + 1) % 3]:
                        pass
            threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """,
    ),
    "a lock taken twice": (
        "self-deadlock",
        """
        import threading
        def test_it():
            lock = threading.Lock()
            with lock:
                with lock:
                    pass
        """,
    ),
    "a lock kept by an exception": (
        "self-deadlock",
        """
        import threading
        class Counter:
            def __init__(self):
                self.lock = threading.Lock()
            def add(self, by):
                self.lock.acquire()
                if by < 0:
                    raise ValueError(by)
                self.lock.release()
        def test_it():
            counter = Counter()
            try:
                counter.add(-1)
            except ValueError:
                pass
            counter.add(1)
        """,
    ),
    "a condition whose lock is taken again": (
        "self-deadlock",
        """
        import threading
        def test_it():
            changed = threading.Condition(threading.Lock())
            with changed:
                with changed:
                    pass
        """,
    ),
    "an event nobody sets": ("stalled", "import threading\ndef test_it(): threading.Event().wait()"),
    "a missing notify": (
        "stalled",
        """
        import threading
        def test_it():
            changed, state = threading.Condition(), []
            def produce():
                with changed:
                    state.append(1)
            thread = threading.Thread(target=produce)
            with changed:
                thread.start()
                while True:
                    changed.wait()
        """,
    ),
    "a barrier one short": (
        "stalled",
        """
        import threading
        def test_it():
            barrier = threading.Barrier(3)
            threads = [threading.Thread(target=barrier.wait) for _ in range(2)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """,
    ),
    "a semaphore nobody releases": (
        "stalled",
        """
        import threading
        def test_it():
            seats = threading.BoundedSemaphore(1)
            seats.acquire()
            seats.acquire()
        """,
    ),
    "a missing task_done": (
        "stalled",
        """
        import queue
        def test_it():
            orders = queue.Queue()
            orders.put(1)
            orders.join()
        """,
    ),
    "a get that nobody feeds": ("stalled", "import queue\ndef test_it(): queue.SimpleQueue().get()"),
    "a full queue that nobody empties": (
        "stalled",
        """
        import queue
        def test_it():
            orders = queue.Queue(1)
            orders.put(1)
            orders.put(2)
        """,
    ),
    "a nested submit in a pool of one": (
        "stalled",
        """
        from concurrent.futures import ThreadPoolExecutor
        def test_it():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lambda: pool.submit(int).result()).result()
        """,
    ),
    "a waiter lock that nobody releases": (
        "stalled",
        """
        import threading
        from collections import deque
        waiters = deque()
        def wait():
            mine = threading.Lock()
            mine.acquire()
            waiters.append(mine)
            mine.acquire()
        def test_it():
            thread = threading.Thread(target=wait)
            thread.start()
            thread.join()
        """,
    ),
    "a lock whose holder has ended": (
        "abandoned-lock",
        """
        import threading
        def test_it():
            lock = threading.Lock()
            def forgetful():
                lock.acquire()
            thread = threading.Thread(target=forgetful, name="forgetful")
            thread.start(); thread.join()
            lock.acquire()
        """,
    ),
    "a deadlock in a fixture": (
        "stalled",
        """
        import threading, pytest
        @pytest.fixture
        def never():
            threading.Event().wait()
        def test_it(never): pass
        """,
    ),
    "an exception handler does not hide it": (
        "stalled",
        """
        import threading
        def test_it():
            try:
                threading.Event().wait()
            except Exception:
                pass
        """,
    ),
    "a loop that waits for itself: asyncio's handler of Ctrl-C wakes nobody": (
        "stalled",
        """
        import asyncio
        def test_it():
            async def main():
                task = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop())
                task.result()
            asyncio.run(main())
        """,
    ),
    "a bare except does not hide it": (
        "stalled",
        """
        import threading
        def test_it():
            try:
                threading.Event().wait()
            except BaseException:
                pass
        """,
    ),
}


@pytest.mark.parametrize(("kind", "source"), CAUGHT.values(), ids=CAUGHT)
def test_is_proved(project: Project, kind: str, source: str) -> None:
    run = project.run(_dedent(source))
    assert run.kinds == [kind], run.output
    assert run.result.ret == pytest.ExitCode.TESTS_FAILED
    assert run.findings[0]["proved"] is True
    assert run.findings[0]["culprits"], "a diagnosis names lines"
    assert run.findings[0]["hints"]


HEALTHY = {
    "a lock handed from one thread to another": """
        import threading, time
        def test_it():
            baton = threading.Lock()
            baton.acquire()
            def release_later():
                time.sleep(0.3)
                baton.release()
            thread = threading.Thread(target=release_later)
            thread.start()
            baton.acquire()
            thread.join()
        """,
    "a lock handed over, and given back by who got it": """
        import threading, time
        def test_it():
            baton = threading.Lock()
            baton.acquire()
            def release_later():
                time.sleep(0.3)
                baton.release()
            thread = threading.Thread(target=release_later)
            thread.start()
            baton.acquire()
            baton.release()
            thread.join()
        """,
    "a signal handler with its arguments bound": """
        import functools, signal, threading
        def test_it():
            event = threading.Event()
            def wake(what, *_): what.set()
            previous = signal.signal(signal.SIGALRM, functools.partial(wake, event))
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            event.wait()
            signal.signal(signal.SIGALRM, previous)
        """,
    "a ping-pong of two locks": """
        import threading, time
        def test_it():
            ping, pong = threading.Lock(), threading.Lock()
            pong.acquire()
            seen = []
            def player(mine, other, name):
                for _ in range(3):
                    mine.acquire()
                    time.sleep(0.1)
                    seen.append(name)
                    other.release()
            one = threading.Thread(target=player, args=(ping, pong, "ping"))
            two = threading.Thread(target=player, args=(pong, ping, "pong"))
            one.start(); two.start(); one.join(); two.join()
            assert seen == ["ping", "pong"] * 3
        """,
    "an event set by a timer": """
        import threading
        def test_it():
            event = threading.Event()
            timer = threading.Timer(0.3, event.set)
            timer.start()
            event.wait()
            timer.join()
        """,
    "a wait with a time limit": """
        import threading
        def test_it():
            assert not threading.Event().wait(0.2)
            assert not threading.Condition().acquire(timeout=-1) is None
        """,
    "a join of a busy thread": """
        import threading, time
        def test_it():
            done = []
            def work():
                end = time.monotonic() + 0.3
                while time.monotonic() < end:
                    pass
                done.append(1)
            thread = threading.Thread(target=work)
            thread.start(); thread.join()
            assert done
        """,
    "two threads in the right lock order": """
        import threading, time
        def test_it():
            a, b = threading.Lock(), threading.Lock()
            def work():
                for _ in range(5):
                    with a:
                        time.sleep(0.06)
                        with b:
                            time.sleep(0.06)
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """,
    "a thread that waits for a socket": """
        import socket, threading, time
        def test_it():
            left, right = socket.socketpair()
            event = threading.Event()
            def reader():
                left.recv(1)
                event.set()
            thread = threading.Thread(target=reader)
            thread.start()
            def writer():
                time.sleep(0.3)
                right.send(b"x")
            other = threading.Thread(target=writer)
            other.start()
            event.wait()
            thread.join(); other.join(); left.close(); right.close()
        """,
    "a signal handler that sets the event": """
        import os, signal, threading
        def test_it():
            event = threading.Event()
            previous = signal.signal(signal.SIGALRM, lambda *_: event.set())
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            event.wait()
            signal.signal(signal.SIGALRM, previous)
        """,
    "an executor kept by a module": """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        def test_it():
            assert list(pool.map(str, range(3))) == ["0", "1", "2"]
        def test_again():
            assert pool.submit(int).result() == 0
        """,
    "a queue with workers and sentinels": """
        import queue, threading, time
        def test_it():
            orders, done = queue.Queue(2), []
            def worker():
                while (order := orders.get()) is not None:
                    time.sleep(0.06)
                    done.append(order)
                    orders.task_done()
            threads = [threading.Thread(target=worker) for _ in range(2)]
            for thread in threads: thread.start()
            for n in range(6): orders.put(n)
            orders.join()
            for _ in threads: orders.put(None)
            for thread in threads: thread.join()
            assert sorted(done) == list(range(6))
        """,
    "asyncio with a thread": """
        import asyncio, time
        def test_it():
            async def main():
                return await asyncio.to_thread(lambda: time.sleep(0.2) or 7)
            assert asyncio.run(main()) == 7
        """,
    "a reused thread identifier": """
        import threading
        def test_it():
            lock = threading.Lock()
            def take(): lock.acquire()
            def give(): lock.release()
            for _ in range(20):
                first = threading.Thread(target=take); first.start(); first.join()
                again = threading.Thread(target=lock.acquire, args=(True, 0.01)); again.start(); again.join()
                second = threading.Thread(target=give); second.start(); second.join()
        """,
    "a thread that runs another interpreter": """
        import sys, threading, time
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        def test_it():
            def work():
                one = interpreters.create()
                run = getattr(interpreters, "exec", None) or interpreters.run_string
                run(one, "import collections, json, time\\nend = time.monotonic() + 1\\n"
                         "while time.monotonic() < end: (lambda n: [n, {}])(1)")
                interpreters.destroy(one)
            thread = threading.Thread(target=work)
            thread.start(); thread.join()
        """,
    "a reentrant lock": """
        import threading
        def test_it():
            lock = threading.RLock()
            with lock, lock, lock:
                pass
            assert lock.acquire()
            lock.release()
        """,
}


@pytest.mark.parametrize("source", HEALTHY.values(), ids=HEALTHY)
def test_is_left_alone(project: Project, source: str) -> None:
    run = project.run(_dedent(source), "--sensei-leaks=error")
    assert run.kinds == [], run.output
    outcomes = run.result.parseoutcomes()
    assert set(outcomes) == {"passed"}, run.output


def test_the_next_test_starts_clean(project: Project) -> None:
    run = project.run(ABBA)
    run.result.assert_outcomes(passed=1, failed=1)


def test_a_hundred_deadlocks_in_one_run_leave_nothing(project: Project) -> None:
    many = "import pytest\n@pytest.mark.parametrize('n', range(100))\ndef test_abba(n):"
    source = ABBA.replace("def test_abba():", many)
    run = project.run(source)
    assert run.kinds == ["deadlock-cycle"] * 100
    run.result.assert_outcomes(passed=1, failed=100)


def test_the_failure_points_at_the_blocked_line(project: Project) -> None:
    run = project.run(ABBA)
    run.result.stdout.fnmatch_lines(["*DEADLOCK*2 threads wait for each other*proved*ms after it formed*"])
    run.result.stdout.fnmatch_lines(["E  *pytest_sensei.Deadlock: 2 threads wait for each other"])
    run.result.stdout.fnmatch_lines(["test_it.py:12: Deadlock"])
    assert "threading.py" not in run.output


def test_findings_of_xdist_workers_reach_the_controller(project: Project) -> None:
    run = project.run(ABBA, "-n", "2")
    run.result.assert_outcomes(passed=1, failed=1)
    assert run.kinds == ["deadlock-cycle"]
    run.result.stdout.fnmatch_lines(["*DEADLOCK*2 threads wait for each other*"])


def test_stalled_is_proved_in_an_xdist_worker(project: Project) -> None:
    run = project.run("import threading\ndef test_it(): threading.Event().wait()", "-n", "1")
    assert run.kinds == ["stalled"]


def test_marker_silences_one_test(project: Project) -> None:
    marks = "@pytest.mark.sensei(deadlocks='off')\n@pytest.mark.timeout(1)"
    source = ABBA.replace("def test_abba", f"import pytest\n{marks}\ndef test_abba")
    run = project.run(source)
    assert "deadlock-cycle" not in run.kinds


def test_without_the_plugin_nothing_is_patched(project: Project) -> None:
    source = "import threading, _thread\ndef test_it(): assert type(threading.Lock()) is _thread.LockType"
    result = project.pytester
    result.makepyfile(source)
    result.runpytest_subprocess("-p", "no:sensei", timeout=60).assert_outcomes(passed=1)


def test_a_wrong_severity_is_a_usage_error(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsensei_leaks = loud")
    run = project.run("def test_it(): pass")
    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "sensei_leaks = loud: expected one of error, warn, off" in run.result.stderr.str()


def test_a_marker_that_says_nothing_by_name_is_a_usage_error(project: Project) -> None:
    run = project.run("import pytest\n@pytest.mark.sensei('leaks')\ndef test_it(): pass")
    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "@pytest.mark.sensei('leaks'): takes keyword arguments only" in run.result.stderr.str()


def test_ctrl_c_during_a_wait_works_at_once(project: Project) -> None:
    source = """
        import os, signal, threading
        def test_it():
            threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
            threading.Event().wait(30)
        """
    run = project.run(_dedent(source))
    assert run.result.ret == pytest.ExitCode.INTERRUPTED
    assert run.result.duration < 15


def _dedent(source: str) -> str:
    import textwrap

    return textwrap.dedent(source)


RAW_PIPES = """
import os, threading
import pytest

def test_read():
    r, w = os.pipe()
    os.read(r, 1)

def test_write():
    r, w = os.pipe()
    os.write(w, bytes(100_000))

def test_what_a_thread_writes_is_read():
    r, w = os.pipe()
    thread = threading.Thread(target=lambda: os.write(w, bytes(300_000)))
    thread.start()
    left = 300_000
    while left:
        left -= len(os.read(r, 1000))
    thread.join()
    os.close(w)
    assert os.read(r, 10) == b""
    os.close(r)

def test_errors_are_the_real_ones():
    r, w = os.pipe()
    os.set_blocking(r, False)
    with pytest.raises(BlockingIOError): os.read(r, 1)
    with pytest.raises(OSError): os.read(12345, 1)
    with pytest.raises(TypeError): os.write(w, "text")
    with pytest.raises(OSError): os.write(r, b"x")
    os.close(r); os.close(w)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="who holds an end is read from /proc")
def test_raw_pipes_of_one_process_are_proved_too(project: Project) -> None:
    run = project.run(RAW_PIPES)
    assert [(f["kind"], f["resources"][0]["name"]) for f in run.findings if f["severity"] == "error"] == [
        ("no-eof", "r"),
        ("full-pipe", "w"),
    ]
    run.result.assert_outcomes(passed=2, failed=2)


TAKEN_AND_PUT_BACK = """
import threading

class Fork:
    def __init__(self):
        self.lock = threading.Lock()
    def take(self):
        self.lock.acquire()
    def put_back(self):
        self.lock.release()

def test_it():
    forks = Fork(), Fork()
    both = threading.Barrier(2)
    def dine(first, second):
        first.take()
        both.wait()
        second.take()
        second.put_back()
        first.put_back()
    threads = [threading.Thread(target=dine, args=order) for order in (forks, forks[::-1])]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_locks_that_one_method_takes_and_another_gives_back_make_a_cycle_too(project: Project) -> None:
    finding = project.run(TAKEN_AND_PUT_BACK).only()
    assert finding["kind"] == "deadlock-cycle"
    assert finding["summary"] == "2 threads wait for each other"


NESTED = """
import threading
import pytest

@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_a_run_of_its_own(workers, tmp_path):
    inner = tmp_path / "test_nested.py"
    inner.write_text("def test_a(): pass\\n")
    assert pytest.main([str(inner), "-p", "no:cacheprovider", f"--rootdir={tmp_path}", *workers]) == 0

def test_is_watched_afterwards():
    threading.Event().wait()
"""


def test_a_run_inside_of_a_test_is_left_alone_and_the_watch_goes_on(project: Project) -> None:
    run = project.run(NESTED)
    assert [(f["kind"], f["nodeid"]) for f in run.findings] == [
        ("stalled", "test_it.py::test_is_watched_afterwards")
    ]
    run.result.assert_outcomes(passed=2, failed=1)


IN_THE_BACKGROUND = """
import threading
import pytest

@pytest.fixture
def resting():
    yield
    threading.Event().wait(0.01)

def test_it(resting):
    first, second, both, done = threading.Lock(), threading.Lock(), threading.Barrier(2), []
    def cross(mine, other):
        try:
            with mine:
                both.wait()
                with other:
                    pass
        finally:
            done.append(mine)
    for locks in ((first, second), (second, first)):
        threading.Thread(target=cross, args=locks).start()
    while len(done) < 2:
        pass  # it works, and does not wait
"""


def test_what_was_proved_in_one_phase_is_not_raised_in_the_next(project: Project) -> None:
    run = project.run(IN_THE_BACKGROUND)
    assert run.kinds == ["deadlock-cycle"]
    run.result.assert_outcomes(failed=1, errors=0)


COUNTING = """
import socket, threading

def pytest_configure():
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listening,), daemon=True).start()

def serve(listening):
    listening.accept()
"""

WAITING = """
import threading

def test_it():
    threading.Event().wait()
"""


def test_a_thread_of_a_plugin_that_was_there_before_is_nobody_who_could_wake_a_test(project: Project) -> None:
    installed = project.pytester.mkdir("pytest_counting-1.0.dist-info")
    (installed / "METADATA").write_text("Name: pytest-counting\nVersion: 1.0\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text("[pytest11]\ncounting = pytest_counting\n", encoding="utf-8")
    run = project.run(WAITING, pytest_counting=COUNTING)
    assert "counting-1.0" in run.output
    assert run.kinds == ["stalled"]


def test_a_thread_of_a_conftest_may_wake_a_test(project: Project) -> None:
    run = project.run(WAITING, "--timeout=2", conftest=COUNTING)
    assert run.kinds == ["timeout"]


RERUNNING = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl
def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        item._initrequest()
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""

SOMETIMES = """
import threading

tries = []

def test_it():
    tries.append(1)
    if len(tries) == 1:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
"""


def test_a_test_that_a_plugin_runs_again_starts_anew(project: Project) -> None:
    run = project.run(SOMETIMES, conftest=RERUNNING)
    assert run.kinds == ["self-deadlock"]
    assert run.result.parseoutcomes() == {"failed": 1, "passed": 1}


IMPORTED = """
import threading

def work():
    import imported
    print(imported.value)

thread = threading.Thread(target=work, name="worker")
thread.start()
thread.join()
value = 1
"""

IMPORTING = """
import threading

def test_it():
    import imported
    imported.thread.join()
    assert imported.value == 1

def test_next():
    assert threading.active_count() == 1
"""


def test_an_import_that_waits_for_a_thread_that_waits_for_the_import_is_a_cycle(project: Project) -> None:
    run = project.run(IMPORTING, imported=IMPORTED)
    finding = run.only()
    assert finding["kind"] == "deadlock-cycle"
    assert [resource["name"] for resource in finding["resources"]] == ["worker", "the import of imported"]
    assert [hold["resource"] for hold in finding["holds"]] == [finding["resources"][1]["id"]]
    assert [place["line"] for place in finding["culprits"]] == [9, 4]
    assert "start threads in a function" in run.output
    assert run.result.parseoutcomes()["passed"] == 1


def test_an_import_that_waits_a_while_only_is_left_alone(project: Project) -> None:
    run = project.run(IMPORTING, imported=IMPORTED.replace("join()", "join(0.4)"))
    assert run.kinds == [], run.output
    assert run.result.parseoutcomes() == {"passed": 2}


def test_a_slow_import_that_waits_for_another_thread_is_left_alone(project: Project) -> None:
    slow = (
        "import time\nother = threading.Thread(target=time.sleep, args=(0.4,))\nother.start()\nother.join()"
    )
    run = project.run(IMPORTING, imported=IMPORTED.replace("thread.join()", slow))
    assert run.kinds == [], run.output
    assert run.result.parseoutcomes() == {"passed": 2}


NATIVE = """
import ctypes, threading

libc = ctypes.CDLL(None)
semaphore = ctypes.create_string_buffer(64)
assert libc.sem_init(semaphore, 0, 0) == 0

def test_it():
    native, function = ctypes.c_ulong(), ctypes.cast(libc.{function}, ctypes.c_void_p)
    assert libc.pthread_create(ctypes.byref(native), None, function, semaphore) == 0
    threading.Event().wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="native threads are seen in /proc only")
def test_the_watchdog_of_faulthandler_is_nobody_who_could_wake_a_test(project: Project) -> None:
    project.pytester.makeini("[pytest]\nfaulthandler_timeout = 60\n")
    asking = "import asyncio\ndef test_loop(): asyncio.run(main())\nasync def main(): await asyncio.Event().wait()\n"
    run = project.run(WAITING + asking)
    assert run.kinds == ["stalled", "stalled"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="native threads are seen in /proc only")
@pytest.mark.parametrize("settings", ["", "faulthandler_timeout = 60"], ids=["alone", "beside the watchdog"])
def test_another_native_thread_may_wake_a_test(project: Project, settings: str) -> None:
    project.pytester.makeini(f"[pytest]\n{settings}\n")
    run = project.run(NATIVE.format(function="pause"), "--timeout=2")
    assert run.kinds == ["timeout"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="native threads are seen in /proc only")
def test_a_native_thread_that_waits_for_this_process_wakes_nobody(project: Project) -> None:
    run = project.run(NATIVE.format(function="sem_wait"))
    assert run.kinds == ["stalled"]


SERVICE = """
import queue, threading, pytest

@pytest.fixture(scope="module")
def service():
    jobs = queue.Queue()
    def serve():
        while (job := jobs.get()) is not None:
            number, answer = job
            answer.put(100 // number)
    threading.Thread(target=serve, name="service", daemon=True).start()
    yield jobs
    jobs.put(None)

@pytest.mark.parametrize("number", [5, 0])
def test_it(service, number):
    answer = queue.Queue()
    service.put((number, answer))
    answer.get()
"""


def test_a_thread_of_a_fixture_that_died_is_told_of(project: Project) -> None:
    finding = project.run(SERVICE, "-W", "ignore").only()
    assert finding["nodeid"].endswith("[0]")
    (death,) = finding["details"]
    assert death.startswith("service died of ZeroDivisionError: ")
    assert death.endswith(" at test_it.py:9")


IDLE = """
import threading
from concurrent.futures import ThreadPoolExecutor

def fail():
    raise SystemError("broken")

def test_it():
    pool = ThreadPoolExecutor(1)
    pool.submit(abs, 1).result()
    threading.Event().wait()

def test_initializer():
    with ThreadPoolExecutor(1, initializer=fail) as pool:
        assert pool.submit(abs, 1).exception() is not None
    raise ValueError
"""


def test_an_executor_does_not_log_that_a_verdict_ended_its_worker(project: Project) -> None:
    run = project.run(IDLE)
    assert run.kinds == ["stalled"]
    assert "Exception in worker" not in run.output
    assert "Exception in initializer" in run.output
