"""Threads that outlive their test, exceptions that nobody sees, lock orders that did no harm so far."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

LEAK = """
import threading

release = threading.Event()

def test_leak():
    threading.Thread(target=release.wait, name="leaky").start()

def test_next():
    assert [t.name for t in threading.enumerate()] == ["MainThread"]
"""


def test_a_thread_that_outlives_its_test_is_an_error_when_asked_for(project: Project) -> None:
    run = project.run(LEAK, "--sensei-leaks=error")
    finding = run.only()
    assert (finding["kind"], finding["phase"], finding["severity"]) == ("leaked-thread", "teardown", "error")
    assert finding["culprits"][0]["source"] == 'threading.Thread(target=release.wait, name="leaky").start()'
    run.result.assert_outcomes(passed=2, errors=1)


def test_a_leak_is_a_warning_by_default_and_the_run_still_ends(project: Project) -> None:
    source = LEAK.partition("def test_next")[0]
    run = project.run(source)
    assert [(f["kind"], f["severity"]) for f in run.findings] == [("leaked-thread", "warn")]
    run.result.assert_outcomes(passed=1)
    assert run.result.duration < 20


def test_leaks_can_be_switched_off_by_a_marker(project: Project) -> None:
    source = LEAK.partition("def test_next")[0].replace(
        "def test_leak", "import pytest\n@pytest.mark.sensei(leaks='off')\ndef test_leak"
    )
    run = project.run(source, "--sensei-leaks=error")
    assert run.kinds == []
    run.result.assert_outcomes(passed=1)


def test_a_thread_in_an_endless_loop_does_not_keep_the_run_from_ending(project: Project) -> None:
    source = """
        import threading
        def spin():
            while True:
                pass
        def test_it():
            threading.Thread(target=spin).start()
        """
    run = project.run(textwrap.dedent(source))
    assert run.kinds == ["leaked-thread"]
    assert run.result.ret == pytest.ExitCode.OK
    run.result.stdout.fnmatch_lines(["sensei ended it, for the run to end: Thread-1 (spin) is still *"])


HEALTHY = {
    "a thread that ends within the grace": """
        import threading, time
        def test_it():
            threading.Thread(target=time.sleep, args=(0.2,)).start()
        """,
    "a thread of a module fixture": """
        import threading, pytest
        @pytest.fixture(scope="module")
        def server():
            stop = threading.Event()
            thread = threading.Thread(target=stop.wait)
            thread.start()
            yield
            stop.set()
            thread.join()
        def test_one(server): pass
        def test_two(server): pass
        """,
    "threads that a fixture's thread starts": """
        import queue, threading, pytest
        @pytest.fixture(scope="session")
        def server():
            orders, stop, started = queue.Queue(), threading.Event(), []
            def serve():
                while orders.get() is not None:
                    helper = threading.Thread(target=stop.wait)
                    started.append(helper)
                    helper.start()
                    orders.task_done()
            thread = threading.Thread(target=serve)
            thread.start()
            yield orders
            orders.put(None)
            stop.set()
            thread.join()
            for helper in started: helper.join()
        def test_one(server):
            server.put(1)
            server.join()
        def test_two(server): pass
        """,
    "an executor that was dropped": """
        from concurrent.futures import ThreadPoolExecutor
        def test_it():
            assert ThreadPoolExecutor(2).submit(int).result() == 0
        """,
    "a thread joined in a fixture's teardown": """
        import threading, pytest
        @pytest.fixture
        def thread():
            stop = threading.Event()
            thread = threading.Thread(target=stop.wait)
            thread.start()
            yield thread
            stop.set()
            thread.join()
        def test_it(thread): pass
        """,
    "an exception seen by the test's own hook": """
        import threading
        def test_it(monkeypatch):
            seen = []
            monkeypatch.setattr(threading, "excepthook", seen.append)
            thread = threading.Thread(target=lambda: 1 / 0)
            thread.start()
            thread.join()
            assert len(seen) == 1
        """,
    "an exception passed on by a future": """
        from concurrent.futures import ThreadPoolExecutor
        import pytest
        def test_it():
            with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
                pool.submit(lambda: 1 / 0).result()
        """,
    "opposite orders by one thread": """
        import threading
        def test_it():
            a, b = threading.Lock(), threading.Lock()
            with a, b: pass
            with b, a: pass
        """,
    "opposite orders under a common lock": """
        import threading
        def test_it():
            a, b, gate = threading.Lock(), threading.Lock(), threading.Lock()
            def work(first, second):
                with gate, first, second: pass
            threads = [threading.Thread(target=work, args=p) for p in ((a, b), (b, a))]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """,
    "opposite orders one after the other": """
        import threading
        def test_it():
            a, b = threading.Lock(), threading.Lock()
            def work(first, second):
                with first, second: pass
            for pair in ((a, b), (b, a)):
                thread = threading.Thread(target=work, args=pair)
                thread.start()
                thread.join()
        """,
}


@pytest.mark.parametrize("source", HEALTHY.values(), ids=HEALTHY)
def test_is_left_alone(project: Project, source: str) -> None:
    run = project.run(textwrap.dedent(source), "--sensei-leaks=error", "--sensei-deadlocks=error")
    assert run.kinds == [], run.output
    assert set(run.result.parseoutcomes()) == {"passed"}, run.output


def test_a_module_fixture_that_leaks_is_judged_when_it_ends(project: Project) -> None:
    source = """
        import threading, pytest
        stop = threading.Event()
        @pytest.fixture(scope="module")
        def server():
            threading.Thread(target=stop.wait, name="server").start()
        def test_one(server): pass
        def test_two(server): pass
        """
    run = project.run(textwrap.dedent(source), "--sensei-leaks=error")
    finding = run.only()
    assert finding["kind"] == "leaked-thread"
    assert finding["nodeid"].endswith("test_two")


def test_a_lost_exception_fails_the_test(project: Project) -> None:
    source = """
        import threading
        def work():
            raise KeyError("lost")
        def test_it():
            thread = threading.Thread(target=work, name="worker")
            thread.start()
            thread.join()
        """
    run = project.run(textwrap.dedent(source), "--sensei-leaks=error")
    finding = run.only()
    assert finding["kind"] == "lost-exception"
    assert "KeyError: 'lost'" in finding["summary"]
    assert finding["culprits"][0]["source"] == 'raise KeyError("lost")'
    run.result.assert_outcomes(failed=1)


def test_opposite_lock_orders_are_named_though_nothing_hung(project: Project) -> None:
    source = """
        import threading
        def test_it():
            a, b, first_done = threading.Lock(), threading.Lock(), []
            def one():
                with a:
                    with b: first_done.append(1)
            def two():
                while not first_done: pass
                with b:
                    with a: pass
            threads = [threading.Thread(target=work) for work in (one, two)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
    run = project.run(textwrap.dedent(source), "--sensei-deadlocks=error")
    finding = run.only()
    assert finding["kind"] == "lock-order"
    assert sorted(resource["name"] for resource in finding["resources"]) == ["a", "b"]
    run.result.assert_outcomes(failed=1)


def test_a_lock_that_the_first_takes_and_the_last_gives_back_has_no_order(project: Project) -> None:
    source = """
        import threading
        counting, room, readers, done = threading.Lock(), threading.Lock(), [0], []
        def read():
            with counting:
                readers[0] += 1
                if readers[0] == 1:
                    room.acquire()
            with counting:
                readers[0] -= 1
                if readers[0] == 0:
                    room.release()
            done.append(1)
        def test_it():
            def late():
                while not done: pass
                read()
            threads = [threading.Thread(target=work) for work in (read, late)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
    run = project.run(textwrap.dedent(source), "--sensei-deadlocks=error")
    assert run.kinds == []
    run.result.assert_outcomes(passed=1)


def test_a_time_limit_says_that_nothing_was_proved(project: Project) -> None:
    source = """
        import socket, threading, pytest
        @pytest.mark.timeout(1)
        def test_it():
            left, right = socket.socketpair()
            thread = threading.Thread(target=left.recv, args=(1,), name="reader", daemon=True)
            thread.start()
            threading.Event().wait()
        """
    run = project.run(textwrap.dedent(source))
    finding = run.findings[0]
    assert (finding["kind"], finding["proved"]) == ("timeout", False)
    assert {actor["thread"] for actor in finding["actors"]} == {"MainThread", "reader"}
    run.result.stdout.fnmatch_lines(["*not proved*"])
