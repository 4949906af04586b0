"""Processes and pools that outlive their test: what is reported under each start method, and what is left alone."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from process_runs import HEADER, METHODS, Outcome, run

if TYPE_CHECKING:
    from pathlib import Path

HEADER = HEADER + textwrap.dedent(
    """
    from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
    KEPT = []

    def wait_for(event):
        event.wait()
    def nothing():
        pass
    def ended(process):
        multiprocessing.connection.wait([process.sentinel])
        if "{method}" != "forkserver":
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    """
)

CAUGHT: dict[str, tuple[list[str], str]] = {
    "a_process_that_waits": (
        ["leaked-process"],
        """
        def test_a_process_that_waits():
            event = ctx.Event()
            KEPT.append(event)
            process = ctx.Process(target=wait_for, args=(event,), name="waiter")
            process.start()
        """,
    ),
    "a_process_that_works": (
        ["leaked-process"],
        """
        def work_on(started):
            started.set()
            while True:
                pass
        def test_a_process_that_works():
            started = ctx.Event()
            process = ctx.Process(target=work_on, args=(started,))
            process.start()
            started.wait()
        """,
    ),
    "several_of_one_line": (
        ["leaked-process"],
        """
        def test_several_of_one_line():
            event = ctx.Event()
            KEPT.append(event)
            for _ in range(3):
                ctx.Process(target=wait_for, args=(event,)).start()
        """,
    ),
    "processes_that_resist": (
        ["leaked-process"] * 4,
        """
        def ignore_the_end(ready):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            ready.release()
            time.sleep(600)
        def lead_a_session(ready):
            os.setsid()
            ready.release()
            time.sleep(600)
        def stop_oneself(ready):
            ready.release()
            os.kill(os.getpid(), signal.SIGSTOP)
        def have_children(ready):
            def on_term(*_):
                if os.fork() == 0:
                    time.sleep(600)
            signal.signal(signal.SIGTERM, on_term)
            if os.fork() != 0:
                ready.release()
            while True:
                time.sleep(600)
        def test_processes_that_resist():
            ready = ctx.Semaphore(0)
            ctx.Process(target=ignore_the_end, args=(ready,)).start()
            ctx.Process(target=lead_a_session, args=(ready,)).start()
            ctx.Process(target=stop_oneself, args=(ready,)).start()
            ctx.Process(target=have_children, args=(ready,)).start()
            for _ in range(4): ready.acquire()
        """,
    ),
    "a_program": (
        ["leaked-process"],
        """
        def test_a_program():
            KEPT.append(subprocess.Popen(["sleep", "600"]))
        """,
    ),
    "a_forked_process": (
        ["leaked-process"],
        """
        def test_a_forked_process():
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
        """,
    ),
    "a_manager": (
        ["leaked-process"],
        """
        def test_a_manager():
            KEPT.append(ctx.Manager())
        """,
    ),
    "a_process_that_nobody_joined": (
        ["zombie"],
        """
        def test_a_process_that_nobody_joined():
            process = ctx.Process(target=nothing, name="short")
            process.start()
            ended(process)
        """,
    ),
    "terminated_and_not_joined": (
        ["zombie"],
        """
        def test_terminated_and_not_joined():
            event = ctx.Event()
            process = ctx.Process(target=wait_for, args=(event,))
            process.start()
            process.terminate()
            ended(process)
        """,
    ),
    "a_program_that_nobody_waited_for": (
        ["zombie"],
        """
        def test_a_program_that_nobody_waited_for():
            program = subprocess.Popen(["true"])
            KEPT.append(program)
            os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        """,
    ),
    "a_forked_process_that_nobody_waited_for": (
        ["zombie"],
        """
        def test_a_forked_process_that_nobody_waited_for():
            pid = os.fork()
            if pid == 0:
                os._exit(3)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        """,
    ),
    "a_pool_that_is_kept_open": (
        ["leaked-pool"],
        """
        def test_a_pool_that_is_kept_open():
            pool = ctx.Pool(2)
            KEPT.append(pool)
            assert pool.map(abs, [-1, -2]) == [1, 2]
        """,
    ),
    "a_pool_that_is_dropped": (
        ["leaked-pool"],
        """
        def test_a_pool_that_is_dropped():
            pool = ctx.Pool(2)
            assert pool.map(abs, [-1, -2]) == [1, 2]
        """,
    ),
    "a_pool_that_comes_back_while_it_is_collected": (
        ["leaked-pool"],
        """
        class Returning(multiprocessing.pool.Pool):
            def __del__(self):
                KEPT.append(self)
                super().__del__()

        def test_a_pool_that_comes_back_while_it_is_collected():
            pool = Returning(2, context=ctx)
            assert pool.map(abs, [-1, -2]) == [1, 2]
        """,
    ),
    "a_pool_that_its_own_thread_collects": (
        ["leaked-pool"],
        """
        import gc, weakref

        class Collecting(multiprocessing.queues.SimpleQueue):
            def empty(self):  # asked by the thread that starts workers
                gc.collect()
                return super().empty()

        class Context(type(ctx)):
            def SimpleQueue(self):
                return Collecting(ctx=self)

        def test_a_pool_that_its_own_thread_collects():
            pool = multiprocessing.pool.Pool(2, context=Context())
            collected = threading.Event()
            weakref.finalize(pool, collected.set)
            pool.ring = pool
            notifier = pool._change_notifier
            del pool
            notifier.put(None)  # which wakes it
            collected.wait()
        """,
    ),
    "a_pool_that_its_own_thread_collects_and_that_does_not_end": (
        ["leaked-pool"],
        """
        def test_a_pool_that_its_own_thread_collects_and_that_does_not_end():
            pool = multiprocessing.pool.Pool(1, time.sleep, (600,), context=Context())
            collected = threading.Event()
            weakref.finalize(pool, collected.set)
            pool.ring = pool
            reading, notifier = pool._inqueue._rlock, pool._change_notifier
            reading.acquire()  # which who ends the pool wants
            KEPT.append(reading)
            del pool
            notifier.put(None)
            collected.wait()
        """,
    ),
    "a_pool_whose_end_was_broken_off": (
        ["leaked-pool"],
        """
        def test_a_pool_whose_end_was_broken_off():
            pool = ctx.Pool(2)
            KEPT.append(pool)
            pool._terminate.cancel()  # as if something had been raised before it came to the workers
            pool.terminate()
        """,
    ),
    "a_pool_that_is_dropped_and_does_not_end": (
        ["leaked-pool"],
        """
        def test_a_pool_that_is_dropped_and_does_not_end():
            pool = ctx.Pool(2)
            assert pool.map(abs, [-1, -2]) == [1, 2]
            pool._terminate.cancel()
        """,
    ),
    "a_pool_that_is_kept_and_does_not_end": (
        ["leaked-pool"],
        """
        def test_a_pool_that_is_kept_and_does_not_end():
            pool = ctx.Pool(2)
            KEPT.append(pool)
            assert pool.map(abs, [-1, -2]) == [1, 2]
            pool._terminate.cancel()
        """,
    ),
    "a_pool_that_is_closed_only": (
        ["leaked-pool"],
        """
        def test_a_pool_that_is_closed_only():
            pool = ctx.Pool(2)
            KEPT.append(pool)
            assert pool.map(abs, [-1, -2]) == [1, 2]
            pool.close()
        """,
    ),
    "a_pool_at_work": (
        ["leaked-pool"],
        """
        def test_a_pool_at_work():
            pool = ctx.Pool(2)
            KEPT.append(pool)
            pool.apply_async(time.sleep, (600,))
        """,
    ),
    "a_pool_of_threads": (
        ["leaked-pool"],
        """
        def test_a_pool_of_threads():
            from multiprocessing.pool import ThreadPool
            pool = ThreadPool(2)
            KEPT.append(pool)
            assert pool.map(abs, [-1, -2]) == [1, 2]
        """,
    ),
    "an_executor_that_is_kept": (
        ["leaked-pool"],
        """
        def test_an_executor_that_is_kept():
            executor = ProcessPoolExecutor(2, mp_context=ctx)
            KEPT.append(executor)
            assert list(executor.map(abs, [-1, -2])) == [1, 2]
        """,
    ),
    "an_orphan": (
        ["orphan"],
        """
        def have_a_child(sender):
            child = ctx.Process(target=time.sleep, args=(600,), name="grandchild")
            child.start()
            sender.send(child.pid)
            os.kill(os.getpid(), signal.SIGKILL)
        def test_an_orphan():
            receiver, sender = ctx.Pipe(duplex=False)
            with receiver, sender:
                process = ctx.Process(target=have_a_child, args=(sender,))
                process.start()
                receiver.recv()
                process.join()
        """,
    ),
    "a_program_of_a_child_that_has_ended": (
        ["orphan"],
        """
        def have_a_program(sender):
            sender.send(subprocess.Popen(["sleep", "600"]).pid)
        def test_a_program_of_a_child_that_has_ended():
            receiver, sender = ctx.Pipe(duplex=False)
            with receiver, sender:
                process = ctx.Process(target=have_a_program, args=(sender,))
                process.start()
                receiver.recv()
                process.join()
        """,
    ),
    "a_program_that_a_program_has_left": (
        ["orphan"],
        """
        def test_a_program_that_a_program_has_left():
            subprocess.run(["sh", "-c", "sleep 600 & exit 0"], check=True)
        """,
    ),
    "a_process_that_made_itself_independent": (
        ["orphan"],
        """
        def test_a_process_that_made_itself_independent():
            lives, tell = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.setsid()
                if os.fork() == 0:
                    os.write(tell, b"!")
                    time.sleep(600)
                os._exit(0)
            os.read(lives, 1)
            os.waitpid(pid, 0)
            os.close(lives); os.close(tell)
        """,
    ),
    "an_exception_in_a_process": (
        ["lost-exception"],
        """
        def fail():
            raise ZeroDivisionError("lost")
        def test_an_exception_in_a_process():
            process = ctx.Process(target=fail, name="worker")
            process.start()
            process.join()
        """,
    ),
    "an_exception_in_a_thread_of_a_process": (
        ["lost-exception"],
        """
        def fail_in_a_thread():
            thread = threading.Thread(target=fail, name="helper")
            thread.start()
            thread.join()
        def test_an_exception_in_a_thread_of_a_process():
            process = ctx.Process(target=fail_in_a_thread)
            process.start()
            process.join()
            assert process.exitcode == 0
        """,
    ),
    "a_result_nobody_gets": (
        ["lost-exception"],
        """
        def fail_with(number):
            raise ValueError(number)
        def test_a_result_nobody_gets():
            with ctx.Pool(2) as pool:
                for number in range(3):
                    pool.apply_async(fail_with, (number,))
                pool.close()
                pool.join()
        """,
    ),
    "items_nobody_takes": (
        ["lost-exception"],
        """
        def test_items_nobody_takes():
            with ctx.Pool(2) as pool:
                pool.imap_unordered(fail_with, range(3))
                pool.close()
                pool.join()
        """,
    ),
    "a_future_of_a_process_nobody_asks": (
        ["lost-exception"],
        """
        def test_a_future_of_a_process_nobody_asks():
            with ProcessPoolExecutor(1, mp_context=ctx) as executor:
                executor.submit(fail_with, 1)
        """,
    ),
    "an_executor_that_breaks_and_nobody_asks": (
        ["lost-exception", "lost-exception"],
        """
        class Unreadable:
            def __reduce__(self):
                return fail_with, (1,)
        def test_an_executor_that_breaks_and_nobody_asks():
            with ProcessPoolExecutor(1, mp_context=ctx) as executor:
                executor.submit(id, Unreadable())
        """,
    ),
    "a_future_of_a_thread_nobody_asks": (
        ["lost-exception"],
        """
        def test_a_future_of_a_thread_nobody_asks():
            with ThreadPoolExecutor(1) as executor:
                executor.submit(fail_with, 1)
        """,
    ),
}

HEALTHY = """
def test_joined():
    process = ctx.Process(target=nothing)
    process.start()
    process.join()

def test_ended_within_the_grace_and_joined_by_a_thread():
    process = ctx.Process(target=time.sleep, args=(0.2,))
    process.start()
    threading.Thread(target=process.join).start()

def test_exit_code_asked_for():
    process = ctx.Process(target=nothing)
    process.start()
    ended(process)
    assert process.exitcode == 0

def test_programs():
    subprocess.run(["true"], check=True)
    program = subprocess.Popen(["true"])
    while program.poll() is None:
        time.sleep(0.01)

def test_a_fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def test_pools():
    with ctx.Pool(2) as pool:
        pool.map(abs, [1])
    pool = ctx.Pool(2)
    pool.map(abs, [1])
    pool.close()
    pool.join()
    pool = ctx.Pool(2)
    pool.terminate()

def test_executors():
    with ProcessPoolExecutor(2, mp_context=ctx) as executor:
        executor.submit(abs, 1).result()
    executor = ProcessPoolExecutor(2, mp_context=ctx)
    executor.submit(abs, 1).result()
    executor.shutdown(wait=False)
    KEPT.append(executor)
    KEPT.append(ProcessPoolExecutor(2, mp_context=ctx))

def test_an_executor_that_is_dropped():
    assert ProcessPoolExecutor(2, mp_context=ctx).submit(abs, -1).result() == 1

def test_an_executor_in_a_ring_of_objects_that_is_dropped():
    class Owner: pass
    owner = Owner()
    owner.me, owner.executor = owner, ProcessPoolExecutor(2, mp_context=ctx)
    assert owner.executor.submit(abs, -1).result() == 1

def test_managers():
    with ctx.Manager() as manager:
        manager.dict()
    manager = ctx.Manager()
    manager.shutdown()
    assert ctx.Manager().dict(a=1)["a"] == 1

@pytest.fixture(scope="module")
def pool():
    with ctx.Pool(1, maxtasksperchild=1) as pool:
        yield pool
@pytest.fixture(scope="session")
def executor():
    with ProcessPoolExecutor(2, mp_context=ctx) as executor:
        yield executor
@pytest.fixture(scope="module")
def server():
    event = ctx.Event()
    process = ctx.Process(target=wait_for, args=(event,))
    process.start()
    yield process
    event.set()
    process.join()
def test_wider_fixtures(pool, executor, server):
    assert pool.apply(abs, (-1,)) == 1
    assert executor.submit(abs, -1).result() == 1
    assert server.is_alive()
def test_wider_fixtures_again(pool, executor, server):
    assert pool.apply(abs, (-1,)) == 1
    assert executor.submit(abs, -1).result() == 1
    assert server.is_alive()

@pytest.fixture
def process():
    event = ctx.Event()
    process = ctx.Process(target=wait_for, args=(event,))
    process.start()
    yield process
    process.terminate()
    process.join()
def test_joined_in_the_teardown(process):
    pass

@pytest.fixture(scope="module")
def daemon():
    told = subprocess.run(["sh", "-c", "sleep 600 >/dev/null & echo $!"], stdout=subprocess.PIPE, check=True)
    yield int(told.stdout)
    os.kill(int(told.stdout), signal.SIGKILL)
def test_the_daemon_of_a_wider_fixture(daemon):
    os.kill(daemon, 0)
def test_the_daemon_of_a_wider_fixture_again(daemon):
    os.kill(daemon, 0)

def fail():
    raise ZeroDivisionError
def leave():
    sys.exit(3)
def test_a_process_that_fails_and_is_asked():
    process = ctx.Process(target=fail)
    process.start()
    process.join()
    assert process.exitcode == 1

def test_a_process_that_leaves():
    process = ctx.Process(target=leave)
    process.start()
    process.join()

def tell_and_fail(connection):
    try:
        fail()
    except ZeroDivisionError as error:
        connection.send(error)
        raise
def put_and_fail(answers):
    try:
        fail()
    except ZeroDivisionError as error:
        answers.put(repr(error))
        raise RuntimeError from error
def test_a_process_that_tells_of_its_failure():
    receiver, sender = ctx.Pipe(duplex=False)
    with receiver, sender:
        process = ctx.Process(target=tell_and_fail, args=(sender,))
        process.start()
        assert isinstance(receiver.recv(), ZeroDivisionError)
        process.join()
    answers = ctx.Queue()
    process = ctx.Process(target=put_and_fail, args=(answers,))
    process.start()
    assert answers.get() == "ZeroDivisionError()"
    process.join()
    answers.close()
    answers.join_thread()

def fail_with(number):
    raise ValueError(number)
def test_results_of_a_pool():
    told = []
    with ctx.Pool(2) as pool:
        results = [pool.apply_async(fail_with, (number,)) for number in range(3)]
        with pytest.raises(ValueError):
            [result.get() for result in results]
    with ctx.Pool(2) as pool:
        pool.apply_async(fail_with, (1,), error_callback=told.append).wait()
        pool.close()
        pool.join()
    assert len(told) == 1
    with ctx.Pool(2) as pool:
        result = pool.apply_async(fail_with, (1,))
        result.wait()
        assert not result.successful()
    with ctx.Pool(2) as pool:
        with pytest.raises(ValueError):
            pool.map(fail_with, range(3))
        with pytest.raises(ValueError):
            next(pool.imap(fail_with, range(3)))

def test_results_of_executors():
    for executor in ThreadPoolExecutor(2), ProcessPoolExecutor(2, mp_context=ctx):
        with executor, pytest.raises(ValueError):
            [future.result() for future in [executor.submit(fail_with, number) for number in range(3)]]
    with ThreadPoolExecutor(2) as executor:
        assert executor.submit(fail_with, 1).exception()
    with ThreadPoolExecutor(2) as executor, pytest.raises(ValueError):
        list(executor.map(fail_with, range(3)))

@pytest.fixture(scope="module")
def future():
    with ThreadPoolExecutor(1) as executor:
        yield executor.submit(fail_with, 1)
def test_a_fixtures_future_is_not_asked_yet(future):
    pass
def test_a_fixtures_future_is_asked(future):
    with pytest.raises(ValueError):
        future.result()

class Unreadable:
    def __reduce__(self):
        return fail_with, (1,)
def test_an_executor_that_breaks_and_tells_of_it():
    with ProcessPoolExecutor(1, mp_context=ctx) as executor, pytest.raises(BrokenExecutor):
        executor.submit(id, Unreadable()).result()

def fail_into(path):
    sys.stderr = open(path, "w")
    fail()
def test_a_traceback_that_goes_where_the_child_wants_it(tmp_path):
    process = ctx.Process(target=fail_into, args=(tmp_path / "errors",))
    process.start()
    process.join()
    assert "ZeroDivisionError" in (tmp_path / "errors").read_text()

def start_another():
    child = ctx.Process(target=nothing)
    child.start()
    child.join()
def test_a_grandchild():
    process = ctx.Process(target=start_another)
    process.start()
    process.join()
    assert process.exitcode == 0
"""


def source_of(method: str, cases: dict[str, tuple[list[str], str]]) -> str:
    return HEADER.format(method=method) + "".join(textwrap.dedent(text) for _, text in cases.values()) + LAST


LAST = """
def test_the_next_test_starts_clean():
    assert not multiprocessing.process._children
    names = set()
    for folder in os.listdir("/proc"):
        try:
            with open(f"/proc/{folder}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            with open(f"/proc/{folder}/cmdline", errors="replace") as file:
                command = file.read()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            names.add(command.split("import main")[0].rpartition(".")[2].strip() or fields[0])
    assert names <= {"forkserver", "resource_tracker"}
    assert {thread.name for thread in threading.enumerate()} == {"MainThread"}
    assert os.listdir("/proc/self/task") == [str(os.getpid())]
"""


@pytest.fixture(scope="module", params=METHODS)
def caught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run all the mistakes in one session: each must leave the next one a clean house."""
    source = source_of(request.param, CAUGHT)
    return run(tmp_path_factory.mktemp(request.param), source, "--sensei-leaks=error", "-p", "no:randomly")


@pytest.mark.parametrize("name", CAUGHT)
def test_what_a_test_leaves_is_reported(caught: Outcome, name: str) -> None:
    kinds = [finding["kind"] for finding in caught.findings.get(f"test_{name}", [])]
    assert [kind for kind in kinds if kind != "leaked-pipe-end"] == CAUGHT[name][0], caught.output


def test_each_leak_fails_its_test_and_none_reaches_the_next(caught: Outcome) -> None:
    (counts,) = re.findall(r"^.*passed.* in [\d.]+s.*$", caught.output, re.MULTILINE)
    assert f"{len(CAUGHT) + 1} passed" in counts, caught.output
    assert f"{len(CAUGHT)} errors" in counts, caught.output
    assert "test_the_next_test_starts_clean" not in caught.findings


def test_nobody_is_left_when_the_session_ends(caught: Outcome) -> None:
    assert caught.survivors == []


@pytest.mark.parametrize("method", METHODS)
def test_healthy_look_alikes_are_left_alone(method: str, tmp_path: Path) -> None:
    # The grace is for those who need it; on a busy machine a spawned child may need seconds.
    options = ("--sensei-leaks=error", "-o", "sensei_grace=20")
    outcome = run(tmp_path, HEADER.format(method=method) + HEALTHY, *options)
    assert (outcome.failed, outcome.findings) == (0, {}), outcome.output
    assert outcome.passed == HEALTHY.count("def test_")
    assert outcome.survivors == []


def test_the_daemon_of_a_wider_fixture_is_judged_when_the_fixture_ends(tmp_path: Path) -> None:
    source = """
        @pytest.fixture(scope="module")
        def daemon():
            subprocess.run(["sh", "-c", "sleep 600 & exit 0"], check=True)
        def test_first(daemon): pass
        def test_last(daemon): pass
    """
    outcome = run(tmp_path, HEADER.format(method="spawn") + textwrap.dedent(source), "--sensei-leaks=error")
    assert list(outcome.findings) == ["test_last"], outcome.output
    assert only(outcome)["kind"] == "orphan"
    assert outcome.survivors == []


def only(outcome: Outcome) -> dict[str, Any]:
    (findings,) = outcome.findings.values()
    (finding,) = findings
    return finding


WHO_SEES_TO_IT_ENDS_DURING_A_LOOK = """
    import threading
    import pytest_sensei.watch.offspring as offspring

    real_look, go, joiners, looks = offspring.look, threading.Event(), [], []

    def look(*arguments):
        found = real_look(*arguments)
        if any(seen.ended for seen in found):
            looks.append(found)
            if len(looks) == 2:
                go.set()
                joiners[0].join()
        return found

    offspring.look = look

    def test_it():
        process = ctx.Process(target=nothing)
        process.start()
        ended(process)
        def join():
            go.wait()
            process.join()
        joiners.append(threading.Thread(target=join))
        joiners[0].start()

    def test_that_it_was_looked_at_meanwhile():
        assert len(looks) == 2
    """


def test_a_thread_that_joins_a_process_while_it_is_looked_at_has_seen_to_it(tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + textwrap.dedent(WHO_SEES_TO_IT_ENDS_DURING_A_LOOK)

    outcome = run(tmp_path, source, "--sensei-leaks=error", "-o", "sensei_grace=20")

    assert (outcome.failed, outcome.findings) == (0, {}), outcome.output


def test_a_leaked_process_is_told_with_its_start_and_what_it_does(tmp_path: Path) -> None:
    text = CAUGHT["a_process_that_waits"][1]
    finding = only(run(tmp_path, HEADER.format(method="fork") + textwrap.dedent(text)))
    assert finding["summary"] == "waiter is still running after the test"
    started, now = finding["culprits"]
    assert (started["source"], now["source"]) == ("process.start()", "event.wait()")
    assert (finding["actors"][0]["process"], finding["actors"][0]["state"]) == ("waiter", "waiting")
    assert finding["severity"] == "warn"


def test_a_dropped_pool_is_told_once_with_what_it_consists_of(tmp_path: Path) -> None:
    text = CAUGHT["a_pool_that_is_dropped_and_does_not_end"][1]
    finding = only(run(tmp_path, HEADER.format(method="fork") + textwrap.dedent(text)))
    assert (finding["kind"], finding["severity"]) == ("leaked-pool", "warn")
    assert finding["details"] == ["it consists of 2 processes and 3 threads"]


def test_an_orphan_is_told_with_the_line_of_the_child_that_started_it(tmp_path: Path) -> None:
    text = CAUGHT["an_orphan"][1]
    finding = only(run(tmp_path, HEADER.format(method="spawn") + textwrap.dedent(text)))
    assert finding["summary"] == "grandchild outlived the process that started it"
    assert finding["culprits"][0]["source"] == "child.start()"


def test_an_exception_of_a_process_is_told_with_its_lines(tmp_path: Path) -> None:
    text = CAUGHT["an_exception_in_a_process"][1]
    finding = only(run(tmp_path, HEADER.format(method="spawn") + textwrap.dedent(text)))
    assert finding["summary"] == "worker died of ZeroDivisionError: lost, and the test never saw it"
    sources = [place["source"] for place in finding["culprits"]]
    assert sources == ['raise ZeroDivisionError("lost")', "process.start()"]


def test_a_job_that_raised_is_told_with_the_line_that_gave_it(tmp_path: Path) -> None:
    text = CAUGHT["a_result_nobody_gets"][1]
    outcome = run(tmp_path, HEADER.format(method="fork") + textwrap.dedent(text), "--sensei-leaks=error")
    finding = only(outcome)
    assert finding["summary"].startswith("3 jobs raised ValueError: ")
    sources = [place["source"] for place in finding["culprits"]]
    assert sources == ["raise ValueError(number)", "pool.apply_async(fail_with, (number,))"]
    shown = [line.split() for line in outcome.output.splitlines()]
    assert [words[0] for words in shown if any(word.startswith("test_it.py:") for word in words[:3])][:2] == [
        "raised",
        "given",
    ]


def test_leaks_can_be_switched_off(tmp_path: Path) -> None:
    text = textwrap.dedent(CAUGHT["a_process_that_waits"][1] + CAUGHT["a_pool_that_is_kept_open"][1])
    source = HEADER.format(method="fork") + text.replace(
        "def test", "@pytest.mark.sensei(leaks='off')\ndef test"
    )
    outcome = run(tmp_path, source, "--sensei-leaks=error")
    assert (outcome.failed, outcome.findings, outcome.survivors) == (0, {}, []), outcome.output


LATE_CHILD = """
import pytest
@pytest.hookimpl
def pytest_runtest_logfinish(nodeid):
    import test_it
    if nodeid.endswith("test_one"):
        test_it.GO.set()
        test_it.STARTED.wait()
"""


def test_what_a_left_thread_starts_between_two_tests_is_ended_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(LATE_CHILD)
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        GO, STARTED = threading.Event(), threading.Event()
        def start_later():
            GO.wait()
            process = ctx.Process(target=time.sleep, args=(600,), name="late")
            KEPT.append(process)
            process.start()
            STARTED.set()
        def test_one(): threading.Thread(target=start_later).start()
        def test_two(): pass
        """
    )
    outcome = run(tmp_path, source)
    assert (outcome.passed, outcome.survivors) == (2, []), outcome.output
    assert "sensei ended it, for the run to end: late is still running" in outcome.output


def test_what_was_started_before_the_first_test_is_left_to_who_started_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        textwrap.dedent(
            """
            import subprocess
            def pytest_sessionstart(session):
                session.program = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            def pytest_unconfigure(config):
                program = config.pluginmanager.get_plugin("session").program
                program.communicate()
                print("the program ended with", program.returncode)
            """
        )
    )
    outcome = run(tmp_path, HEADER.format(method="fork") + "def test_it(): pass\n", "--sensei-leaks=error")
    assert "the program ended with 0" in outcome.output
    assert outcome.findings == {}


@pytest.mark.parametrize("method", METHODS)
def test_a_process_that_computes_is_told_with_the_line_it_is_in(tmp_path: Path, method: str) -> None:
    text = CAUGHT["a_process_that_works"][1]
    finding = only(run(tmp_path, HEADER.format(method=method) + textwrap.dedent(text)))
    (actor,) = finding["actors"]
    assert actor["place"]["function"] == "work_on"
    assert actor["place"]["source"] in ("started.set()", "while True:", "pass")
    assert actor["state"] == "unknown"


def test_a_program_that_is_left_is_not_disturbed(tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        def test_one():
            KEPT.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        def test_two():
            program = KEPT[0]
            program.communicate(b"\\n")
            assert program.returncode == 0
        """
    )
    outcome = run(tmp_path, source)
    assert outcome.passed == 2, outcome.output
    assert [finding["kind"] for finding in outcome.findings["test_one"]] == ["leaked-process"]


@pytest.mark.parametrize("method", METHODS)
def test_a_time_limit_is_told_with_where_the_processes_are(tmp_path: Path, method: str) -> None:
    source = HEADER.format(method=method) + textwrap.dedent(
        """
        def compute(started, never):
            started.set()
            while True:
                sum(range(1000))
        def wait(started, never):
            started.set()
            never.wait()
        def test_it(request):
            never = ctx.Event()
            for target in (compute, wait):
                started = ctx.Event()
                ctx.Process(target=target, args=(started, never), name=target.__name__).start()
                started.wait()
            signal.setitimer(signal.ITIMER_REAL, 0.2)  # the time limit's own clock, so that it is soon over
            multiprocessing.active_children()[0].join()
        """
    )
    outcome = run(tmp_path, source)
    finding = outcome.findings["test_it"][0]
    assert finding["kind"] == "timeout"
    places = {actor["process"]: actor["place"]["source"] for actor in finding["actors"] if "place" in actor}
    assert places["compute"] in ("started.set()", "while True:", "sum(range(1000))")
    assert places["wait"] in ("started.set()", "never.wait()")


def test_a_module_fixtures_process_is_judged_when_the_fixture_ends(tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        @pytest.fixture(scope="module")
        def server():
            event = ctx.Event()
            KEPT.append(event)
            ctx.Process(target=wait_for, args=(event,)).start()
        def test_one(server): pass
        def test_two(server): pass
        """
    )
    outcome = run(tmp_path, source)
    assert {name: [f["kind"] for f in found] for name, found in outcome.findings.items()} == {
        "test_two": ["leaked-process"]
    }


def test_lokys_executor_is_left_to_loky(tmp_path: Path) -> None:
    source = textwrap.dedent(
        """
        from loky import get_reusable_executor
        def test_one():
            assert get_reusable_executor(max_workers=2).submit(abs, -1).result() == 1
        def test_two():
            assert get_reusable_executor(max_workers=2).submit(abs, -2).result() == 2
        """
    )
    outcome = run(tmp_path, source, "--sensei-leaks=error")
    assert (outcome.passed, outcome.findings) == (2, {}), outcome.output
    assert "Traceback" not in outcome.output


def test_coverage_measures_processes_as_ever(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\nconcurrency = multiprocessing\nparallel = true\n")
    source = HEADER.format(method="spawn") + textwrap.dedent(
        """
        def test_it():
            process = ctx.Process(target=nothing)
            process.start()
            process.join()
        """
    )
    (tmp_path / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", "--sensei-leaks=error"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert "1 passed" in done.stdout, done.stdout
    assert "LEAK" not in done.stdout
    assert len(list(tmp_path.glob(".coverage.*"))) == 2
