"""Pipe ends, queues and listeners that nobody closes, and all that looks like it and is not."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Project, Run

METHODS = ("fork", "forkserver", "spawn")
STRICT = ("--sensei-leaks=error", "-W", "ignore::DeprecationWarning")

HEADER = """
import multiprocessing, os, pytest, subprocess, threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Client, Listener
ctx = multiprocessing.get_context("{method}")
kept = []

def square(number):
    return number * number

def send_squares(sender, count):
    with sender:
        for number in range(count):
            sender.send(number * number)

def put_squares(queue, count):
    for number in range(count):
        queue.put(number * number)
"""

LEFT_OPEN = {
    "the_parents_write_end": (
        "the write end sender of a pipe was never closed",
        """
        def test_the_parents_write_end():
            receiver, sender = ctx.Pipe(duplex=False)
            kept.append(sender)
            process = ctx.Process(target=send_squares, args=(sender, 3))
            process.start()
            assert [receiver.recv() for _ in range(3)] == [0, 1, 4]
            process.join()
            receiver.close()
        """,
    ),
    "both_ends": (
        "both ends of a pipe were never closed",
        """
        def test_both_ends():
            kept.append(ctx.Pipe())
        """,
    ),
    "ends_made_in_a_loop": (
        "6 ends of pipes were never closed",
        """
        def test_ends_made_in_a_loop():
            for _ in range(3):
                kept.append(ctx.Pipe())
        """,
    ),
    "an_end_that_was_collected": (
        "the read end reader of a pipe was never closed",
        """
        def test_an_end_that_was_collected():
            reader, writer = ctx.Pipe(duplex=False)
            writer.close()
        """,
    ),
    "an_end_in_a_ring_of_objects": (
        "the read end self.inbox of a pipe was never closed",
        """
        class Actor:
            def __init__(self):
                self.me = self
                self.inbox, outbox = ctx.Pipe(duplex=False)
                outbox.close()
        def test_an_end_in_a_ring_of_objects():
            Actor()
        """,
    ),
    "a_queue": (
        "Queue results was never closed",
        """
        def test_a_queue():
            results = ctx.Queue()
            kept.append(results)
            process = ctx.Process(target=put_squares, args=(results, 2))
            process.start()
            assert [results.get() for _ in range(2)] == [0, 1]
            process.join()
        """,
    ),
    "a_queue_that_was_collected": (
        "JoinableQueue orders was never closed",
        """
        def test_a_queue_that_was_collected():
            orders = ctx.JoinableQueue()
            orders.put(1)
            assert orders.get() == 1
        """,
    ),
    "a_simple_queue": (
        "SimpleQueue results was never closed",
        """
        def test_a_simple_queue():
            results = ctx.SimpleQueue()
            kept.append(results)
        """,
    ),
    "a_queue_of_a_class_of_ones_own": (
        "Tray tray was never closed",
        """
        from multiprocessing.queues import Queue
        class Tray(Queue):
            pass
        def test_a_queue_of_a_class_of_ones_own():
            tray = Tray(ctx=ctx)
            kept.append(tray)
        """,
    ),
    "a_raw_pipe": (
        "the write end w of a pipe was never closed",
        """
        def test_a_raw_pipe():
            r, w = os.pipe()
            os.close(r)
        """,
    ),
    "a_client": (
        "an end client of a pipe was never closed",
        """
        def test_a_client():
            with Listener(backlog=2) as listener:
                client = Client(listener.address)
                listener.accept().close()
                kept.append(client)
        """,
    ),
    "a_listener": (
        "Listener listener was never closed",
        """
        def test_a_listener():
            listener = Listener()
            kept.append(listener)
        """,
    ),
    "an_end_of_a_fixture": (
        "the write end w of a pipe was never closed",
        """
        @pytest.fixture
        def reader():
            r, w = ctx.Pipe(duplex=False)
            kept.append(w)
            with r:
                yield r
        def test_an_end_of_a_fixture(reader): pass
        """,
    ),
}

HEALTHY = """
def test_ends_closed_in_both_processes():
    receiver, sender = ctx.Pipe(duplex=False)
    process = ctx.Process(target=send_squares, args=(sender, 3))
    process.start()
    sender.close()
    with receiver:
        assert [receiver.recv() for _ in range(3)] == [0, 1, 4]
    process.join()

def test_queues_closed():
    orders, results, notes = ctx.Queue(), ctx.JoinableQueue(), ctx.SimpleQueue()
    process = ctx.Process(target=put_squares, args=(results, 2))
    process.start()
    assert [results.get() for _ in range(2)] == [0, 1]
    process.join()
    for queue in orders, results, notes:
        queue.close()

def test_a_queue_whose_feeder_is_still_at_work_when_it_is_closed():
    queue = ctx.Queue()
    for number in range(100): queue.put(number)
    kept.append(queue)
    queue.close()

def test_a_pool():
    with ctx.Pool(2) as pool:
        assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
    kept.append(pool)

def test_an_executor():
    with ProcessPoolExecutor(2, mp_context=ctx) as pool:
        assert list(pool.map(square, range(5))) == [0, 1, 4, 9, 16]
    kept.append(pool)

def test_a_manager():
    with ctx.Manager() as manager:
        shared = manager.dict()
        queue = manager.Queue()
        shared["a"] = 1
        queue.put(2)
        assert (shared["a"], queue.get()) == (1, 2)
    kept.append(queue)

def test_a_program():
    program = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.communicate(b"x")[0] == b"x"
    kept.append(program)

def test_a_process_object_that_is_kept():
    process = ctx.Process(target=square, args=(3,))
    process.start()
    process.join()
    kept.append(process)

def test_raw_ends_closed_by_whoever_got_them():
    r, w = os.pipe()
    with os.fdopen(r, "rb") as reading, os.fdopen(w, "wb") as writing:
        writing.write(b"x")
    r, w = os.pipe()
    os.close(r)
    os.dup2(2, w)
    os.close(w)

def test_a_number_that_stands_for_something_else_by_now(tmp_path):
    r, w = os.pipe()
    os.close(r)
    os.close(w)
    kept.append([os.open(tmp_path, os.O_RDONLY) for _ in range(4)])

def test_a_descriptor_closed_behind_the_connections_back():
    receiver, sender = ctx.Pipe(duplex=False)
    sender.close()
    os.close(receiver.fileno())
    receiver._handle = None

def test_listener_and_client_closed():
    with Listener(backlog=2) as listener, Client(listener.address) as client, listener.accept() as accepted:
        client.send(1)
        assert accepted.recv() == 1

class Server:
    def __init__(self):
        self.calls, self.answers = ctx.Queue(), []
    def connect(self):
        self.answers.append(ctx.Pipe())

@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.calls.close()
    for pair in server.answers:
        for end in pair: end.close()

def test_what_a_wider_fixture_opens(server):
    server.connect()

def test_what_a_wider_fixture_opens_later(server):
    server.connect()

@pytest.fixture
def pair():
    mine, theirs = ctx.Pipe()
    yield mine
    mine.close()
    theirs.close()

def test_what_a_fixture_closes(pair): pass

def test_that_is_skipped():
    kept.append(ctx.Pipe())
    pytest.skip("not today")

@pytest.mark.sensei(leaks="off")
def test_that_is_not_looked_at():
    kept.append(ctx.Pipe())
"""


def source_of(method: str, body: str) -> str:
    return HEADER.format(method=method) + body


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def by_test(run: Run) -> dict[str, dict[str, Any]]:
    return {finding["nodeid"].partition("::test_")[2]: finding for finding in run.findings}


def test_what_nobody_closes_is_found(project: Project, method: str) -> None:
    body = "".join(textwrap.dedent(text) for _, text in LEFT_OPEN.values())
    run = project.run(source_of(method, body), *STRICT)
    assert {name: finding["summary"] for name, finding in by_test(run).items()} == {
        name: summary for name, (summary, _) in LEFT_OPEN.items()
    }, run.output
    assert set(run.kinds) == {"leaked-pipe-end"}
    assert len(run.findings) == len(LEFT_OPEN)
    run.result.assert_outcomes(passed=len(LEFT_OPEN), errors=len(LEFT_OPEN))


def test_what_is_closed_or_somebody_elses_is_left_alone(project: Project, method: str) -> None:
    run = project.run(source_of(method, HEALTHY), *STRICT)
    assert run.findings == [], run.output
    run.result.assert_outcomes(passed=HEALTHY.count("def test_") - 1, skipped=1)


def test_it_is_told_which_end_of_which_process_was_made_where(project: Project) -> None:
    finding = project.run(source_of("fork", textwrap.dedent(LEFT_OPEN["a_raw_pipe"][1])), *STRICT).only()
    assert (finding["phase"], finding["severity"], finding["actors"][0]["process"]) == (
        "teardown", "error", "MainProcess",
    )  # fmt: skip
    resource = finding["resources"][0]
    assert (resource["type"], resource["name"]) == ("pipe", "w")
    assert resource["state"].startswith("write end, still open (descriptor ")
    assert resource["created"]["source"] == "r, w = os.pipe()"
    assert finding["culprits"] == [resource["created"]]


def test_what_was_collected_unclosed_says_so(project: Project) -> None:
    text = textwrap.dedent(LEFT_OPEN["a_queue_that_was_collected"][1])
    run = project.run(source_of("fork", text), *STRICT)
    assert run.only()["resources"][0]["state"] == "garbage collected without close()"
    run.result.stdout.fnmatch_lines(["*garbage collected without close()*"])


def test_what_was_collected_is_told_while_a_wider_fixture_lives(project: Project) -> None:
    source = """
        import multiprocessing, pytest
        @pytest.fixture(scope="module")
        def table(): return {"seats": None}
        def test_one(table): multiprocessing.Queue()
        def test_two(table): pass
        """
    run = project.run(textwrap.dedent(source), "--sensei-leaks=error")
    assert [(f["kind"], f["nodeid"]) for f in run.findings] == [("leaked-pipe-end", "test_it.py::test_one")]


def test_what_is_collected_closes_itself_and_is_no_warning(project: Project) -> None:
    names = ("an_end_that_was_collected", "a_queue_that_was_collected", "an_end_in_a_ring_of_objects")
    fixture = """
        @pytest.fixture
        def pair(): return ctx.Pipe()
        def test_it(pair): pass
        """
    body = "".join(textwrap.dedent(text) for text in [*(LEFT_OPEN[name][1] for name in names), fixture])
    run = project.run(source_of("fork", body))
    assert run.findings == []
    run.result.assert_outcomes(passed=4)


def test_what_is_left_open_is_a_warning_by_default(project: Project) -> None:
    run = project.run(source_of("fork", textwrap.dedent(LEFT_OPEN["both_ends"][1])))
    assert run.only()["severity"] == "warn"
    run.result.assert_outcomes(passed=1)


def test_a_wider_fixture_is_judged_when_it_ends(project: Project) -> None:
    body = """
        @pytest.fixture(scope="module")
        def pair():
            pair = ctx.Pipe()
            kept.append(pair)
            return pair
        def test_one(pair): pass
        def test_two(pair): pass
        """
    finding = project.run(source_of("fork", textwrap.dedent(body)), *STRICT).only()
    assert finding["nodeid"].endswith("test_two")


def test_a_failed_test_is_not_told_what_it_had_in_hand_and_the_next_one_starts_clean(
    project: Project,
) -> None:
    body = """
        def test_fails():
            mine, theirs = ctx.Pipe()
            queue = ctx.Queue()
            kept.append((mine, theirs))
            assert False
        def test_next():
            assert all(end.closed for end in kept[0])
        """
    run = project.run(source_of("fork", textwrap.dedent(body)), *STRICT)
    assert run.findings == []
    run.result.assert_outcomes(passed=1, failed=1)


def test_a_queue_full_of_data_that_nobody_reads_does_not_keep_the_run_from_ending(project: Project) -> None:
    body = """
        def test_it():
            queue = ctx.Queue()
            kept.append(queue)
            queue.put(b"x" * 1_000_000)
        """
    run = project.run(source_of("fork", textwrap.dedent(body)))
    assert run.kinds == ["leaked-pipe-end"]
    run.result.assert_outcomes(passed=1)


def test_who_is_told_of_the_end_of_the_run_can_still_send_something(project: Project) -> None:
    """As loky does: its thread tells the workers through their queue that they may end."""
    body = """
        import atexit, pathlib
        orders = ctx.Queue()
        def note_the_last():
            while (order := orders.get()) != "end":
                last = order
            pathlib.Path("last.txt").write_text(str(last))
        worker = ctx.Process(target=note_the_last)
        worker.start()
        orders.put(1)
        @atexit.register
        def tell():
            orders.put(2)
            orders.put("end")
        def test_it(): pass
        """
    run = project.run(source_of("fork", textwrap.dedent(body)))
    run.result.assert_outcomes(passed=1)
    assert (project.pytester.path / "last.txt").read_text() == "2"


def test_the_packages_that_a_project_uses_are_their_own_business(project: Project) -> None:
    package = project.pytester.mkdir("site-packages") / "engine.py"
    package.write_text(
        "import multiprocessing\npair = []\ndef start(): pair.extend(multiprocessing.Pipe())\n"
    )
    body = """
        import sys
        sys.path.insert(0, "site-packages")
        import engine
        def test_it(): engine.start()
        """
    run = project.run(source_of("fork", textwrap.dedent(body)), *STRICT)
    assert run.findings == []
    run.result.assert_outcomes(passed=1)


def test_a_run_inside_a_test_leaves_the_queues_around_it_open(project: Project) -> None:
    body = """
        pytest_plugins = ["pytester"]
        def test_it(pytester):
            queue = ctx.Queue()
            queue.put(1)
            pytester.makepyfile(test_inner="def test_inner(): pass")
            pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
            queue.put(2)
            assert [queue.get(), queue.get()] == [1, 2]
            queue.close()
        """
    run = project.run(source_of("fork", textwrap.dedent(body)), *STRICT)
    assert run.findings == [], run.output
    run.result.assert_outcomes(passed=1)


def test_a_frame_that_another_thread_looks_at_for_a_moment_is_waited_for(project: Project) -> None:
    body = """
        import queue, sys, time
        @pytest.fixture(scope="module")
        def watchman():
            orders, began = queue.Queue(), threading.Event()
            def look(main):
                frames = sys._current_frames()[main]
                began.set()
                orders.get()
                time.sleep(0.2)
            def watch():
                for main in iter(orders.get, None):
                    look(main)
            thread = threading.Thread(target=watch)
            thread.start()
            yield orders, began
            orders.put(None)
            thread.join()
        @pytest.fixture
        def looker(watchman):
            orders, began = watchman
            def start():
                orders.put(threading.get_ident())
                began.wait()
            yield start
            orders.put("over")
        def test_next(watchman): pass
        def test_it(looker):
            queue = ctx.Queue()
            queue.put(1)
            assert queue.get() == 1
            looker()
        def test_last(watchman): pass
        """
    run = project.run(source_of("fork", textwrap.dedent(body)))
    assert run.findings == [], run.output
    run.result.assert_outcomes(passed=3)
