"""Threads that outlive their test, exceptions that nobody sees, lock orders that did no harm so far."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("queue.Queue().get", "it waits for a Queue in get()"),
        ("queue.SimpleQueue().get", "it waits for a SimpleQueue"),
        ("threading.Event().wait", "it waits for an Event in wait()"),
        ("forever.join", "it waits for a Thread"),
        ("in_code", None),
    ],
)
def test_a_thread_that_runs_no_code_of_the_tests_is_told_with_what_it_waits_for(
    project: Project, target: str, told: str | None
) -> None:
    source = f"""
        import queue, threading
        def in_code():
            queue.Queue().get()
        def test_it():
            forever = threading.Thread(target=threading.Event().wait, daemon=True)
            if "{target}" == "forever.join":
                forever.start()
            threading.Thread(target={target}, daemon=True).start()
        """
    details = project.run(textwrap.dedent(source), "--sensei-leaks=error").findings[-1]["details"]
    assert details == [*([told] if told else []), "daemon thread"]


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


IN_C_CODE = {
    "a thread": "threading.Thread(target=one.recv, args=(1,)).start()",
    "an executor's worker": "ThreadPoolExecutor().submit(one.recv, 1)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="a pair of sockets as POSIX has it")
@pytest.mark.parametrize("start", IN_C_CODE.values(), ids=IN_C_CODE)
def test_a_thread_in_c_code_does_not_keep_the_run_from_ending(project: Project, start: str) -> None:
    source = f"""
        import socket, threading
        from concurrent.futures import ThreadPoolExecutor
        KEPT = []
        def test_it():
            one, other = socket.socketpair()
            KEPT.append((one, other))
            {start}
        """
    another = """
        import threading, time
        def pytest_unconfigure():
            threading.Thread(target=lambda: (time.sleep(0.2), open("waited for", "w").close())).start()
        """
    run = project.run(source, conftest=another)
    assert run.result.ret == pytest.ExitCode.OK
    assert (project.pytester.path / "waited for").exists()  # who is not excused is joined as ever


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
    "an executor that a module keeps": """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(4)
        def test_one():
            assert list(pool.map(abs, [-1, 2])) == [1, 2]
        def test_two():
            assert pool.submit(int).result() == 0
        """,
    "a server in a session fixture, whose threads answer in each test": """
        import http.server, threading, urllib.request, pytest
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(204)
                self.end_headers()
            def log_message(self, *args): pass
        @pytest.fixture(scope="session")
        def address():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()
            server.server_close()
        @pytest.mark.parametrize("n", range(3))
        def test_it(address, n):
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 204
        """,
    "a loop of asyncio in a module fixture, with its executor": """
        import asyncio, threading, time, pytest
        @pytest.fixture(scope="module")
        def loop():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever)
            thread.start()
            yield loop
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
        @pytest.mark.parametrize("n", range(2))
        def test_it(loop, n):
            answer = asyncio.run_coroutine_threadsafe(asyncio.to_thread(abs, -n), loop)
            assert answer.result() == n
        """,
    "a listener for the logging of a class": """
        import logging, logging.handlers, queue, unittest
        class Test(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.queue = queue.Queue()
                cls.listener = logging.handlers.QueueListener(cls.queue, logging.NullHandler())
                cls.listener.start()
            @classmethod
            def tearDownClass(cls):
                cls.listener.stop()
            def test_one(self):
                self.queue.put(logging.makeLogRecord({}))
            def test_two(self):
                self.queue.put(logging.makeLogRecord({}))
        """,
    "a timer that starts itself again until the module is over": """
        import threading
        lock, ticks = threading.Lock(), threading.Semaphore(0)
        timer = None
        def tick():
            global timer
            with lock:
                if timer is not None:
                    ticks.release()
                    begin()
        def begin():
            global timer
            timer = threading.Timer(0.01, tick)
            timer.start()
        def setup_module():
            with lock: begin()
        def teardown_module():
            global timer
            with lock:
                last, timer = timer, None
            last.cancel()
            last.join()
        def test_one(): ticks.acquire()
        def test_two(): ticks.acquire()
        """,
    "a daemon that was started when the module was imported": """
        import queue, threading
        orders, answers = queue.Queue(), queue.Queue()
        def serve():
            while True:
                answers.put(orders.get() + 1)
        threading.Thread(target=serve, daemon=True).start()
        def test_it():
            orders.put(1)
            assert answers.get() == 2
        """,
    "a thread that polls a folder in a module fixture": """
        import threading, pytest
        @pytest.fixture(scope="module")
        def watcher(tmp_path_factory):
            folder, stop, seen = tmp_path_factory.mktemp("watched"), threading.Event(), threading.Event()
            def watch():
                while not stop.wait(0.01):
                    if any(folder.iterdir()):
                        seen.set()
            thread = threading.Thread(target=watch)
            thread.start()
            yield folder, seen
            stop.set()
            thread.join()
        def test_one(watcher):
            folder, seen = watcher
            (folder / "file").touch()
            seen.wait()
        def test_two(watcher): pass
        """,
    "a test that counts its descriptors and objects beside an idle worker": """
        import os, weakref
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(4)
        class Thing: pass
        def test_it():
            list(pool.map(abs, range(8)))
            before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
            for _ in range(20_000):
                thing = Thing()
                gone = weakref.ref(thing)
                del thing
                assert gone() is None
            if before:
                assert all(len(os.listdir("/proc/self/fd")) == before for _ in range(2000))
        """,
    "a helper process of the module's that ends in a later test": """
        import os, execnet
        group = execnet.Group()
        gateway = group.makegateway("popen")
        def teardown_module():
            group.terminate()
        def test_one():
            assert gateway.remote_exec("channel.send(1)").receive() == 1
        def test_two():
            gateway.exit()
            if hasattr(os, "waitid"):  # until it is a zombie
                os.waitid(os.P_PID, gateway._io.popen.pid, os.WEXITED | os.WNOWAIT)
        """,
    "a project that gives threads other identifiers, as gevent does": """
        import _thread, threading
        threading.get_ident = lambda: _thread.get_ident() + 1
        def test_it():
            threading.Thread(target=print, daemon=True).start()
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


BROKEN_OFF = """
import contextlib, queue, threading
lock, mine, jobs = threading.Lock(), threading.Lock(), queue.Queue()

def keep(held, stop):
    with lock:
        held.set()
        stop.wait()

def serve():
    while True:
        with contextlib.suppress(queue.Empty):
            job, answer = jobs.get(timeout=0.1)
            answer.put(job)

def test_it():
    held, stop = threading.Event(), threading.Event()
    threading.Thread(target=keep, args=(held, stop), name="keeper").start()
    threading.Thread(target=serve, name="service", daemon=True).start()
    held.wait()
    {ending}
    stop.set()

def test_next():
    answer = queue.Queue()
    jobs.put((5, answer))
    assert answer.get() == 5
    assert not lock.locked()
"""


def test_who_a_deadlock_has_left_behind_is_ended_and_not_blamed(project: Project) -> None:
    run = project.run(BROKEN_OFF.format(ending="with mine, mine: pass"))
    assert run.kinds == ["self-deadlock"]
    run.result.assert_outcomes(passed=1, failed=1)


def test_who_a_failed_test_has_left_behind_is_told_of_and_lives_on(project: Project) -> None:
    run = project.run(BROKEN_OFF.format(ending="raise ValueError"))
    assert run.kinds == ["leaked-thread", "leaked-thread"]
    run.result.assert_outcomes(failed=2)  # the lock is still held


WOKEN = """
import queue, threading
def test_it():
    inbox, found = queue.Queue(), {}
    def work():
        try:
            found["it"] = inbox.get()
        finally:
            del found["it"]
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
"""


def test_what_a_thread_dies_of_when_a_deadlock_is_broken_up_is_no_news(project: Project) -> None:
    run = project.run(WOKEN, "--sensei-leaks=error")
    assert run.kinds == ["stalled"]
    run.result.assert_outcomes(failed=1)


def test_what_a_thread_died_of_before_the_deadlock_is_told(project: Project) -> None:
    run = project.run(WOKEN.replace("inbox.get()", "1 / 0").replace("worker.join()", "inbox.get()"))
    assert run.kinds == ["stalled", "lost-exception"]
    run.result.assert_outcomes(failed=1)


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


ASKING = {
    "the test itself": ("while not flag: pass", "MainThread"),
    "the test itself, by a question": ("while not answer.is_set():\n    continue", "MainThread"),
    "the test itself, with a way out": ("while True:\n    if flag:\n        break", "MainThread"),
    "a thread": (
        """
        def ask():
            while True:
                if answer.is_set(): return
        threading.Thread(target=ask, name="asker", daemon=True).start()
        time.sleep(30)
        """,
        "asker",
    ),
}
WORKING = {
    "it counts": "count = 0\nwhile not flag: count += 1",
    "it reads a stream": "numbers = iter(int, 1)\nwhile next(numbers) == 0: pass",
    "it takes": "while (item := next(zeros)) == 0: pass",
    "it sleeps": "while not flag: time.sleep(0.01)",
    "it waits": "while not answer.wait(0.01): pass",
}
BUSY = """
    import itertools, threading, time, pytest
    @pytest.mark.timeout({limit})
    def test_it():
        flag, answer, zeros = [], threading.Event(), itertools.repeat(0)
    """


@pytest.mark.parametrize(("body", "name"), ASKING.values(), ids=ASKING)
def test_a_busy_wait_is_named_when_the_time_limit_ends_it(project: Project, body: str, name: str) -> None:
    # Long enough for a fifth of a second of processor time where six others want the same core.
    source = textwrap.dedent(BUSY.format(limit=2)) + textwrap.indent(textwrap.dedent(body), "    ")
    run = project.run(source)
    assert run.kinds[:2] == ["timeout", "spinning"]
    spinning = run.findings[1]
    assert spinning["severity"] == "warn"
    assert spinning["actors"][0]["thread"] == name
    assert "while" in spinning["culprits"][0]["source"]
    run.result.assert_outcomes(failed=1)


@pytest.mark.parametrize("body", WORKING.values(), ids=WORKING)
def test_a_loop_that_works_or_sleeps_is_no_busy_wait(project: Project, body: str) -> None:
    source = textwrap.dedent(BUSY.format(limit=1)) + textwrap.indent(body, "    ")
    run = project.run(source)
    assert run.kinds == ["timeout"]


@pytest.mark.parametrize(
    "call",
    [
        "threading.Event().wait(0.01); raise OSError(threading.Lock().release())",
        "queue.Queue(1).get(timeout=0.01)",
        "os.read(os.open(os.devnull, os.O_WRONLY), 1)",
        "multiprocessing.Pipe()[0].send(lambda: 1)",
        "signal.raise_signal(signal.SIGALRM) if signal.signal(signal.SIGALRM, stop) else threading.Event().wait(20)",
    ],
)
def test_a_traceback_has_no_frames_of_ours(project: Project, call: str) -> None:
    run = project.run(f"""
        import multiprocessing, os, queue, signal, threading
        def stop(*_):
            threading.Event().wait(0.01)
            raise ValueError
        def test_it():
            {call}
        """)
    run.result.assert_outcomes(failed=1)
    assert "pytest_sensei/" not in run.output


@pytest.mark.parametrize(
    "how", ["inner()", "try: inner()\n    except ValueError as error: raise KeyError from error"]
)
def test_an_error_at_an_instruction_without_a_line_is_a_failure_like_any_other(
    project: Project, how: str
) -> None:
    source = f"""\
def inner():
    raise ValueError
inner.__code__ = inner.__code__.replace(co_linetable=b"")

def test_it():
    {how}

def test_next(): pass
"""
    run = project.run(source)
    run.result.assert_outcomes(failed=1, passed=1)
    assert "ValueError" in run.output


TOLD_AGAIN = {
    "a worker whose next jobs wait as well": """
        def test_it():
            meeting = threading.Barrier(12)
            with ThreadPoolExecutor(1) as executor:
                for _ in range(12):
                    executor.submit(meeting.wait)
        """,
    "a thread that catches everything": """
        def test_it():
            inbox = queue.Queue()
            def work():
                while True:
                    try:
                        inbox.get()
                    except BaseException:
                        continue
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        """,
    "a worker that catches everything": """
        def test_it():
            inbox = queue.Queue()
            def work():
                while True:
                    try:
                        inbox.get()
                    except BaseException:
                        continue
            with ThreadPoolExecutor() as executor:
                executor.submit(work)
        """,
}


@pytest.mark.parametrize("leaks", ["error", "warn"])
@pytest.mark.parametrize("source", TOLD_AGAIN.values(), ids=TOLD_AGAIN)
def test_who_waits_again_after_it_was_told_to_end_keeps_no_run_from_ending(
    project: Project, source: str, leaks: str
) -> None:
    start = "import queue, threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
    source = start + textwrap.dedent(source) + "def test_next(): pass\n"
    run = project.run(source, f"--sensei-leaks={leaks}")
    assert run.kinds[0] == "stalled"
    outcomes = run.result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (1, 1)


STUCK_ON_THE_WAY_OUT = {
    "a process that does not end": "ProcessPoolExecutor",
    "a thread that does not end": "ThreadPoolExecutor",
}


@pytest.mark.parametrize("executor", STUCK_ON_THE_WAY_OUT.values(), ids=STUCK_ON_THE_WAY_OUT)
def test_a_time_limit_ends_a_test_that_waits_again_on_its_way_out(project: Project, executor: str) -> None:
    source = f"""
        import concurrent.futures, time, pytest
        @pytest.mark.timeout(0.5)
        def test_it():
            with concurrent.futures.{executor}(1) as pool:
                pool.submit(time.sleep, 1000).result()
        def test_next(): pass
        """
    impatient = "from pytest_sensei.watch import watching\nwatching.OVERTIME = 0.3\n"

    run = project.run(textwrap.dedent(source), "--sensei-leaks=off", conftest=impatient)

    assert run.kinds == ["timeout"]
    run.result.assert_outcomes(failed=1, passed=1)


def test_who_is_on_the_way_out_for_another_reason_is_waited_for(project: Project) -> None:
    source = """
        import concurrent.futures, time, pytest
        def test_it():
            with pytest.raises(KeyError), concurrent.futures.ThreadPoolExecutor(1) as pool:
                done = pool.submit(lambda: time.sleep(1) or 7)
                raise KeyError
            assert done.result() == 7
        """
    impatient = "from pytest_sensei.watch import watching\nwatching.OVERTIME = 0.1\n"

    run = project.run(textwrap.dedent(source), conftest=impatient)

    assert run.kinds == []
    run.result.assert_outcomes(passed=1)


def test_locks_that_are_left_taken_make_no_noise_at_the_exit(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import threading\n"
        "one, other = threading.Lock(), threading.Lock()\n"
        "def test_it():\n"
        "    assert one.acquire() and other.acquire()\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
