"""Deadlocks through processes: what must be proved under each start method, and the healthy look-alikes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from process_runs import HEADER, METHODS, Outcome, run

if TYPE_CHECKING:
    from pathlib import Path

CAUGHT = {
    "abba": (
        "deadlock-cycle",
        """
        def cross(first, second, both):
            with first:
                both.wait()
                with second:
                    pass
        def test_abba():
            a, b, both = ctx.Lock(), ctx.Lock(), ctx.Barrier(2)
            one = ctx.Process(target=cross, args=(a, b, both), name="one")
            two = ctx.Process(target=cross, args=(b, a, both), name="two")
            one.start(); two.start(); one.join(); two.join()
        """,
    ),
    "abba_while_the_test_polls": (
        "deadlock-cycle",
        """
        def test_abba_while_the_test_polls():
            a, b, both = ctx.RLock(), ctx.RLock(), ctx.Barrier(2)
            one = ctx.Process(target=cross, args=(a, b, both))
            two = ctx.Process(target=cross, args=(b, a, both))
            one.start(); two.start()
            while one.is_alive():
                time.sleep(0.2)
        """,
    ),
    "three_in_a_ring": (
        "deadlock-cycle",
        """
        def test_three_in_a_ring():
            locks, ready = [ctx.Lock() for _ in range(3)], ctx.Barrier(3)
            ring = [ctx.Process(target=cross, args=(locks[n], locks[(n + 1) % 3], ready)) for n in range(3)]
            for process in ring: process.start()
            for process in ring: process.join()
        """,
    ),
    "a_child_wants_what_its_joiner_holds": (
        "deadlock-cycle",
        """
        def take(lock):
            with lock:
                pass
        def test_a_child_wants_what_its_joiner_holds():
            lock = ctx.Lock()
            process = ctx.Process(target=take, args=(lock,))
            with lock:
                process.start()
                process.join()
        """,
    ),
    "taken_by_one_method_and_put_back_by_another": (
        "deadlock-cycle",
        """
        def take(lock):
            lock.acquire()
        def cross_by_methods(first, second, both):
            take(first)
            both.wait()
            take(second)
        def test_taken_by_one_method_and_put_back_by_another():
            a, b, both = ctx.Lock(), ctx.Lock(), ctx.Barrier(2)
            one = ctx.Process(target=cross_by_methods, args=(a, b, both), name="one")
            two = ctx.Process(target=cross_by_methods, args=(b, a, both), name="two")
            one.start(); two.start(); one.join(); two.join()
        """,
    ),
    "taken_twice": (
        "self-deadlock",
        """
        def test_taken_twice():
            lock = ctx.Lock()
            lock.acquire()
            lock.acquire()
        """,
    ),
    "both_wait_for_the_other_to_speak": (
        "deadlock-cycle",
        """
        def listen(connection):
            connection.recv()
        def test_both_wait_for_the_other_to_speak():
            mine, theirs = ctx.Pipe()
            process = ctx.Process(target=listen, args=(theirs,))
            process.start()
            theirs.close()
            mine.recv()
        """,
    ),
    "two_threads_wait_for_the_other_to_speak": (
        "deadlock-cycle",
        """
        def test_two_threads_wait_for_the_other_to_speak():
            mine, yours = ctx.Pipe()
            def hear():
                yours.recv()
            threading.Thread(target=hear).start()
            mine.recv()
        """,
    ),
    "threads_of_a_child_cross": (
        "deadlock-cycle",
        """
        def cross_threads():
            a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
            one = threading.Thread(target=cross, args=(a, b, both))
            two = threading.Thread(target=cross, args=(b, a, both))
            one.start(); two.start(); one.join(); two.join()
        def test_threads_of_a_child_cross():
            process = ctx.Process(target=cross_threads)
            process.start()
            process.join()
        """,
    ),
    "a_lock_taken_twice": (
        "self-deadlock",
        """
        def take_twice(lock):
            with lock:
                with lock:
                    pass
        def test_a_lock_taken_twice():
            lock = ctx.Lock()
            process = ctx.Process(target=take_twice, args=(lock,))
            process.start()
            process.join()
        """,
    ),
    "own_write_end": (
        "no-eof",
        """
        def send_one(sender):
            sender.send(1)
            sender.close()
        def test_own_write_end():
            receiver, sender = ctx.Pipe(duplex=False)
            process = ctx.Process(target=send_one, args=(sender,))
            process.start()
            while True:
                receiver.recv()
        """,
    ),
    "a_siblings_write_end": (
        "no-eof",
        """
        def idle(sender, command):
            command.recv()
        def test_a_siblings_write_end():
            receiver, sender = ctx.Pipe(duplex=False)
            orders, command = ctx.Pipe(duplex=False)
            sibling = ctx.Process(target=idle, args=(sender, orders), name="sibling")
            sibling.start()
            writer = ctx.Process(target=send_one, args=(sender,))
            writer.start()
            sender.close()
            try:
                while True:
                    receiver.recv()
            except EOFError:
                command.send("stop")
                sibling.join()
        """,
    ),
    "join_before_drain": (
        "full-pipe",
        """
        def fill(results):
            results.put("x" * 300_000)
        def test_join_before_drain():
            results = ctx.Queue()
            process = ctx.Process(target=fill, args=(results,))
            process.start()
            process.join()
            results.get()
        """,
    ),
    "both_send_first": (
        "full-pipe",
        """
        def send_then_receive(connection):
            connection.send_bytes(b"x" * 2_000_000)
            connection.recv_bytes()
        def test_both_send_first():
            mine, theirs = ctx.Pipe()
            process = ctx.Process(target=send_then_receive, args=(theirs,))
            process.start()
            send_then_receive(mine)
        """,
    ),
    "wait_with_a_full_stdout": (
        "full-pipe",
        """
        def test_wait_with_a_full_stdout():
            command = [sys.executable, "-c", "print('x' * 200_000)"]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
                program.wait()
        """,
    ),
    "a_program_that_waits_for_the_end_of_its_input": (
        "no-eof",
        """
        def test_a_program_that_waits_for_the_end_of_its_input():
            program = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            program.wait()
        """,
    ),
    "a_program_whose_output_is_read_before_its_input_ends": (
        "no-eof",
        """
        def test_a_program_whose_output_is_read_before_its_input_ends():
            program = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            program.stdout.read()
        """,
    ),
    "the_holder_was_killed": (
        "abandoned-lock",
        """
        def hold(lock, got):
            lock.acquire()
            got.set()
            time.sleep(600)
        def test_the_holder_was_killed():
            lock, got = ctx.Lock(), ctx.Event()
            holder = ctx.Process(target=hold, args=(lock, got), name="holder")
            holder.start()
            got.wait()
            holder.kill()
            holder.join()
            with lock:
                pass
        """,
    ),
    "the_holder_ended": (
        "abandoned-lock",
        """
        def keep(lock):
            lock.acquire()
        def test_the_holder_ended():
            lock = ctx.Lock()
            holder = ctx.Process(target=keep, args=(lock,), name="holder")
            holder.start()
            holder.join()
            with lock:
                pass
        """,
    ),
    "no_task_done": (
        "stalled",
        """
        def eat(orders):
            orders.get()
        def test_no_task_done():
            orders = ctx.JoinableQueue()
            process = ctx.Process(target=eat, args=(orders,))
            process.start()
            orders.put(1)
            orders.join()
        """,
    ),
    "a_semaphore_nobody_releases": (
        "stalled",
        """
        def take_one(seats):
            seats.acquire()
        def test_a_semaphore_nobody_releases():
            seats = ctx.Semaphore(1)
            process = ctx.Process(target=take_one, args=(seats,))
            process.start()
            process.join()
            seats.acquire()
        """,
    ),
    "an_event_nobody_sets": (
        "stalled",
        """
        def test_an_event_nobody_sets():
            event = ctx.Event()
            process = ctx.Process(target=wait_for, args=(event,))
            process.start()
            process.join()
        def wait_for(something):
            something.wait()
        """,
    ),
    "a_barrier_one_short": (
        "stalled",
        """
        def test_a_barrier_one_short():
            barrier = ctx.Barrier(3)
            processes = [ctx.Process(target=wait_for, args=(barrier,)) for _ in range(2)]
            for process in processes: process.start()
            for process in processes: process.join()
        """,
    ),
    "a_get_nobody_feeds": (
        "stalled",
        """
        def test_a_get_nobody_feeds():
            orders = ctx.Queue()
            process = ctx.Process(target=eat, args=(orders,))
            process.start()
            process.join()
        """,
    ),
    "a_job_of_a_pool_that_is_never_done": (
        "stalled",
        """
        def share(thing):
            global SHARED
            SHARED = thing
        def wait_for_the_shared(number):
            SHARED.wait()
        def test_a_job_of_a_pool_that_is_never_done():
            with ctx.Pool(1, share, (ctx.Event(),)) as pool:
                pool.map(wait_for_the_shared, [1])
        """,
    ),
    "more_jobs_at_a_barrier_than_an_executor_has_workers": (
        "stalled",
        """
        def test_more_jobs_at_a_barrier_than_an_executor_has_workers():
            with ProcessPoolExecutor(2, ctx, share, (ctx.Barrier(3),)) as executor:
                list(executor.map(wait_for_the_shared, range(3)))
        """,
    ),
    "a_managers_barrier_that_a_pool_cannot_fill": (
        "stalled",
        """
        def test_a_managers_barrier_that_a_pool_cannot_fill():
            with ctx.Manager() as manager, ctx.Pool(1) as pool:
                pool.apply(wait_for, (manager.Barrier(2),))
        """,
    ),
    "a_queue_of_one_item_that_nobody_empties": (
        "stalled",
        """
        def test_a_queue_of_one_item_that_nobody_empties():
            orders = ctx.Queue(1)
            orders.put(1)
            orders.put(2)
        """,
    ),
    "children_that_resist": (
        "stalled",
        """
        def ignore_the_end(event):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            event.wait()
        def lead_a_session(event):
            os.setsid()
            event.wait()
        def have_children(event):
            child = multiprocessing.get_context("fork").Process(target=event.wait)
            child.start()
            child.join()
        def test_children_that_resist():
            event = ctx.Event()
            targets = (ignore_the_end, lead_a_session, have_children)
            processes = [ctx.Process(target=target, args=(event,)) for target in targets]
            for process in processes: process.start()
            for process in processes: process.join()
        """,
    ),
}

FORK_ONLY = """
def test_a_lock_that_a_thread_held_at_the_fork():
    lock, inside, go = threading.Lock(), threading.Event(), threading.Event()
    def hold_it():
        with lock:
            inside.set()
            go.wait()
    def take_it():
        with lock:
            pass
    thread = threading.Thread(target=hold_it, name="holder")
    thread.start()
    inside.wait()
    process = ctx.Process(target=take_it)
    process.start()
    go.set()
    process.join()

def test_a_lock_that_the_forking_thread_holds():
    lock = threading.Lock()
    def take_it():
        with lock:
            pass
    process = ctx.Process(target=take_it)
    with lock:
        process.start()
        process.join()

def test_locks_that_a_child_gives_back_or_may_take_again():
    lock, again = threading.Lock(), threading.RLock()
    def take_both():
        lock.release()
        with lock, again:
            pass
    process = ctx.Process(target=take_both)
    with lock, again:
        process.start()
        process.join()
    assert process.exitcode == 0

def test_a_lock_that_a_forked_child_gives_back_as_its_parent_does():
    lock = threading.Lock()
    with lock:
        pid = os.fork()
    if pid == 0:
        with lock:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

def test_a_forked_child_that_is_waited_for():
    event = ctx.Event()
    pid = os.fork()
    if pid == 0:
        event.wait()
        os._exit(0)
    event.wait()

@pytest.mark.parametrize("wait_for", ["waitpid", "wait"])
def test_a_wait_for_a_forked_child_that_waits(wait_for):
    event = ctx.Event()
    pid = os.fork()
    if pid == 0:
        event.wait()
        os._exit(0)
    os.waitpid(pid, 0) if wait_for == "waitpid" else os.wait()

def test_the_next_test_starts_clean():
    assert threading.active_count() == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
"""

HEALTHY = """
def answer_late(connection):
    time.sleep(0.5)
    connection.send(1)
def test_a_slow_child():
    mine, theirs = ctx.Pipe()
    process = ctx.Process(target=answer_late, args=(theirs,))
    process.start()
    assert mine.recv() == 1
    process.join()

def test_two_threads_listen_until_a_third_speaks():
    mine, yours = ctx.Pipe()
    listeners = [threading.Thread(target=end.recv) for end in (mine, yours)]
    for listener in listeners: listener.start()
    began = time.thread_time()
    while time.thread_time() - began < 0.3:
        pass
    mine.send(1)
    yours.send(2)
    for listener in listeners: listener.join()

def work_hard(event):
    began = time.process_time()
    while time.process_time() - began < 0.3:
        pass
    event.set()
def test_a_busy_child():
    event = ctx.Event()
    process = ctx.Process(target=work_hard, args=(event,))
    process.start()
    event.wait()
    process.join()

def test_a_child_that_a_program_will_end():
    receiver, sender = ctx.Pipe(duplex=False)
    process = ctx.Process(target=receiver.recv)
    process.start()
    with subprocess.Popen(["sh", "-c", f"sleep 0.4; kill {process.pid}"]):
        process.join()
    receiver.close(); sender.close()

def test_forks_that_are_waited_for():
    for wait in (lambda pid: os.waitpid(pid, 0), lambda pid: os.waitpid(-1, 0), lambda pid: os.wait()):
        child = os.fork()
        if child == 0:
            time.sleep(0.2)
            os._exit(3)
        assert wait(child) == (child, 3 << 8)

def test_a_child_that_its_parent_will_end():
    event = ctx.Event()
    process = ctx.Process(target=wait_for, args=(event,))
    process.start()
    process.join(0.4)
    process.terminate()
    process.join()
def wait_for(something):
    something.wait()

def keep_open(sender, event):
    event.wait(0.5)
    sender.send(1)
def test_a_sibling_that_holds_a_write_end_and_is_alive():
    receiver, sender = ctx.Pipe(duplex=False)
    event = ctx.Event()
    process = ctx.Process(target=keep_open, args=(sender, event))
    process.start()
    sender.close()
    assert receiver.recv() == 1
    with pytest.raises(EOFError):
        receiver.recv()
    process.join()

def square(number):
    time.sleep(0.1)
    return number * number
def test_a_pool_busy_and_idle():
    with ctx.Pool(2) as pool:
        assert pool.map(square, range(4)) == [0, 1, 4, 9]
        time.sleep(0.2)
        assert pool.apply(square, (3,)) == 9
        pool.close()
        pool.join()

@pytest.fixture(scope="module")
def shared_pool():
    with ctx.Pool(2) as pool:
        yield pool
def test_a_shared_pool(shared_pool):
    assert shared_pool.apply(square, (3,)) == 9
def test_a_shared_pool_again(shared_pool):
    time.sleep(0.2)
    assert shared_pool.apply(square, (4,)) == 16

def test_an_executor():
    with ProcessPoolExecutor(2, mp_context=ctx) as executor:
        assert list(executor.map(square, range(4))) == [0, 1, 4, 9]
        time.sleep(0.2)
        assert executor.submit(square, 3).result() == 9

def use_the_manager(numbers, lock, orders):
    time.sleep(0.3)
    with lock:
        numbers["x"] = 1
    orders.put(5)
def test_a_manager():
    with ctx.Manager() as manager:
        numbers, lock, orders = manager.dict(), manager.Lock(), manager.Queue()
        process = ctx.Process(target=use_the_manager, args=(numbers, lock, orders))
        process.start()
        assert orders.get() == 5
        process.join()
        assert numbers["x"] == 1

def test_programs():
    sleeping = [sys.executable, "-c", "import time; time.sleep(0.4)"]
    assert subprocess.Popen(sleeping).wait() == 0
    reading = [sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"]
    assert subprocess.run(reading, input="x" * 300_000, text=True, capture_output=True).stdout == "300000\\n"

def test_a_socket_to_another_program():
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = "import socket, time; time.sleep(0.4); "
        source += f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]})).send(b'x')"
        with subprocess.Popen([sys.executable, "-c", source]):
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1) == b"x"

def produce(orders):
    for number in range(10):
        orders.put(number)
        time.sleep(0.03)
    orders.put(None)
def test_a_queue():
    orders = ctx.Queue()
    process = ctx.Process(target=produce, args=(orders,))
    process.start()
    assert list(iter(orders.get, None)) == list(range(10))
    process.join()

def consume(orders):
    while orders.get() is not None:
        time.sleep(0.03)
        orders.task_done()
    orders.task_done()
def test_a_joinable_queue():
    orders = ctx.JoinableQueue()
    processes = [ctx.Process(target=consume, args=(orders,)) for _ in range(3)]
    for process in processes: process.start()
    for number in range(10): orders.put(number)
    orders.join()
    for _ in processes: orders.put(None)
    orders.join()
    for process in processes: process.join()

def notify_late(changed, value):
    time.sleep(0.3)
    with changed:
        value.value = 1
        changed.notify_all()
def test_a_condition():
    changed, value = ctx.Condition(), ctx.Value("i", 0)
    process = ctx.Process(target=notify_late, args=(changed, value))
    process.start()
    with changed:
        changed.wait_for(lambda: value.value)
    process.join()

def take_often(lock):
    for _ in range(10):
        with lock:
            time.sleep(0.01)
def test_a_lock_in_demand():
    lock = ctx.Lock()
    processes = [ctx.Process(target=take_often, args=(lock,)) for _ in range(4)]
    for process in processes: process.start()
    for process in processes: process.join()

def exchange(connection):
    connection.send(b"x" * 3_000_000)
    assert connection.recv() == b"y" * 3_000_000
def test_great_messages():
    mine, theirs = ctx.Pipe()
    process = ctx.Process(target=exchange, args=(theirs,))
    process.start()
    assert mine.recv() == b"x" * 3_000_000
    time.sleep(0.2)
    mine.send(b"y" * 3_000_000)
    process.join()
    assert process.exitcode == 0

def test_a_stopped_child():
    process = ctx.Process(target=stop_oneself)
    process.start()
    def go_on():
        while "T" not in open(f"/proc/{process.pid}/stat").read().rpartition(")")[2]:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGCONT)
    thread = threading.Thread(target=go_on)
    thread.start()
    process.join()
    thread.join()
def stop_oneself():
    os.kill(os.getpid(), signal.SIGSTOP)

def call(address):
    time.sleep(0.3)
    with Client(address, authkey=b"x") as connection:
        connection.send("hello")
def test_a_listener():
    with Listener(("localhost", 0), authkey=b"x") as listener:
        process = ctx.Process(target=call, args=(listener.address,))
        process.start()
        with listener.accept() as connection:
            assert connection.recv() == "hello"
        process.join()

def read_what_one_is_given(connection):
    receiver = connection.recv()
    connection.send(receiver.recv())
def test_a_connection_passed_on():
    mine, theirs = ctx.Pipe()
    process = ctx.Process(target=read_what_one_is_given, args=(theirs,))
    process.start()
    theirs.close()
    receiver, sender = ctx.Pipe(duplex=False)
    mine.send(receiver)
    time.sleep(0.3)
    sender.send("ok")
    assert mine.recv() == "ok"
    process.join()

def have_a_child():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0.3,))
    child.start()
    child.join()
def test_a_grandchild():
    process = ctx.Process(target=have_a_child)
    process.start()
    process.join()
    assert process.exitcode == 0

def wait_for_an_alarm():
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(1)
    threading.Lock().acquire() and os.read(os.pipe()[0], 1)
def test_an_alarm_that_ends_a_child():
    child = ctx.Process(target=wait_for_an_alarm)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGALRM

def test_a_program_that_an_alarm_wakes():
    source = "import signal, os; r, w = os.pipe(); signal.signal(14, lambda *a: os.write(w, b'x'))"
    assert subprocess.Popen([sys.executable, "-c", source + "; signal.alarm(1); os.read(r, 1)"]).wait() == 0

def test_a_signal_handler_that_sends():
    receiver, sender = ctx.Pipe(duplex=False)
    old = signal.signal(signal.SIGUSR1, lambda *_: sender.send(1))
    source = f"import os, time; time.sleep(0.4); os.kill({os.getpid()}, 10)"
    program = subprocess.Popen([sys.executable, "-c", source])
    assert receiver.recv() == 1
    program.wait()
    signal.signal(signal.SIGUSR1, old)
"""


def source_of(method: str, cases: dict[str, tuple[str, str]]) -> str:
    return HEADER.format(method=method) + "".join(textwrap.dedent(text) for _, text in cases.values())


@pytest.fixture(scope="module", params=METHODS)
def caught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run all the mistakes in one session: each must leave the next one a clean house."""
    return run(tmp_path_factory.mktemp(request.param), source_of(request.param, CAUGHT))


@pytest.mark.parametrize("name", CAUGHT)
def test_a_deadlock_through_processes_is_proved(caught: Outcome, name: str) -> None:
    kinds = [finding["kind"] for finding in caught.findings.get(f"test_{name}", [])]
    assert kinds[:1] == [CAUGHT[name][0]], caught.output


def test_every_mistake_fails_its_test_and_none_takes_the_session_along(caught: Outcome) -> None:
    assert (caught.passed, caught.failed) == (0, len(CAUGHT)), caught.output


def test_nobody_is_left_when_the_session_ends(caught: Outcome) -> None:
    assert caught.survivors == []


@pytest.mark.parametrize("method", METHODS)
def test_healthy_look_alikes_are_left_alone(method: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, HEADER.format(method=method) + HEALTHY)
    assert (outcome.failed, outcome.findings) == (0, {}), outcome.output
    assert outcome.passed == HEALTHY.count("def test_")
    assert outcome.survivors == []


def test_what_only_a_fork_can_do(tmp_path: Path) -> None:
    outcome = run(tmp_path, HEADER.format(method="fork") + FORK_ONLY, "-W", "ignore::DeprecationWarning")
    copied = outcome.findings["test_a_lock_that_a_thread_held_at_the_fork"][0]
    assert copied["kind"] == "abandoned-lock", outcome.output
    assert "holder" in {actor["thread"] for actor in copied["actors"]}
    assert "hold_it" in {hold["place"]["function"] for hold in copied["holds"]}
    own = outcome.findings["test_a_lock_that_the_forking_thread_holds"][0]
    assert own["kind"] == "abandoned-lock"
    assert "got a copy of lock that MainThread held" in own["summary"]
    assert [actor["process"] for actor in own["actors"]].count("MainProcess") == 1
    assert outcome.findings["test_a_forked_child_that_is_waited_for"][0]["kind"] == "stalled"
    for name in ("waitpid", "wait"):
        finding = outcome.findings[f"test_a_wait_for_a_forked_child_that_waits[{name}]"][0]
        assert finding["kind"] == "stalled", outcome.output
        assert "forked process" in {resource["name"] for resource in finding["resources"]}
    assert (outcome.passed, outcome.failed) == (3, 5), outcome.output


ABBA = HEADER.format(method="fork") + textwrap.dedent(CAUGHT["abba"][1])


def test_the_picture_names_processes_and_locks_as_the_test_does(tmp_path: Path) -> None:
    finding = run(tmp_path, ABBA).findings["test_abba"][0]
    assert finding["summary"] == "2 processes wait for each other"
    names = {resource["id"]: resource["name"] for resource in finding["resources"]}
    processes = {actor["id"]: actor["process"] for actor in finding["actors"]}
    held = {(processes[hold["actor"]], names[hold["resource"]]) for hold in finding["holds"]}
    waited = {(processes[wait["actor"]], names[wait["resource"]]) for wait in finding["waits"]}
    assert held == {("one", "a"), ("two", "b")}
    assert waited >= {("one", "b"), ("two", "a")}
    assert {place["source"] for place in finding["culprits"]} == {"with second:"}


NAMED = {
    "a_semaphore_nobody_releases": "seats",
    "several_connections": "first or second",
    "the_lock_of_a_queue": "orders",
    "a_managers_lock": "a Lock",
}


def test_things_are_called_as_the_test_calls_them(tmp_path: Path) -> None:
    source = ABBA.partition("def cross")[0] + textwrap.dedent(
        """
        def take_one(seats):
            seats.acquire()
        def test_a_semaphore_nobody_releases():
            seats = ctx.Semaphore(1)
            process = ctx.Process(target=take_one, args=(seats,), name="guest")
            process.start()
            process.join()
            seats.acquire()
        def test_several_connections():
            first, one = ctx.Pipe()
            second, two = ctx.Pipe()
            multiprocessing.connection.wait([first, second])
        def test_the_lock_of_a_queue():
            orders = ctx.Queue()
            process = ctx.Process(target=take_one, args=(orders._wlock,))
            process.start()
            process.join()
            orders.put(1)
            orders.close()
            orders.join_thread()
        def test_a_managers_lock():
            with ctx.Manager() as manager:
                lock = manager.Lock()
                process = ctx.Process(target=take_one, args=(lock,))
                process.start()
                process.join()
                lock.acquire()
        """
    )
    outcome = run(tmp_path, source, "--sensei-leaks=off")
    found = {name: outcome.findings[f"test_{name}"][0] for name in NAMED}
    names = {name: {each["name"] for each in finding["resources"]} for name, finding in found.items()}
    assert all(NAMED[name] in names[name] for name in NAMED), names
    (detail,) = [text for text in found["a_semaphore_nobody_releases"]["details"] if "taken by" in text]
    assert detail.startswith("seats: taken by guest, which has ended, at test_it.py:")


def test_the_stacks_of_children_are_told_when_asked_for(tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        def wait_in_a_thread(event):
            helper = threading.Thread(target=wait_for, args=(event,), name="helper")
            helper.start()
            helper.join()
        def wait_for(event):
            event.wait()
        def test_it():
            worker = ctx.Process(target=wait_in_a_thread, args=(ctx.Event(),), name="worker")
            worker.start()
            worker.join()
        """
    )
    brief, full = (run(tmp_path, source, *options) for options in ([], ["-vv"]))
    details = full.findings["test_it"][0]["details"]
    assert [text for text in details if text.startswith("stack of worker, MainThread: test_it.py:")], details
    (stack,) = [text for text in details if text.startswith("stack of worker, helper: ")]
    assert stack.endswith(" in wait_for: event.wait()")
    assert "stack of" not in brief.output
    assert "stack of worker, helper" in full.output


@pytest.mark.parametrize("method", METHODS)
def test_a_child_that_is_in_c_code_is_told_with_the_line_it_is_in(tmp_path: Path, method: str) -> None:
    source = HEADER.format(method=method) + textwrap.dedent(
        """
        def receive(mine, other):
            other.close()
            mine.recv(10)
        def test_it():
            ours, theirs = socket.socketpair()
            process = ctx.Process(target=receive, args=(theirs, ours), name="receiver")
            process.start()
            theirs.close()
            process.join()
        """
    )
    finding = run(tmp_path, source).findings["test_it"][0]
    assert (finding["kind"], finding["proved"]) == ("no-eof", True)
    places = {actor["process"]: actor["place"]["source"] for actor in finding["actors"]}
    assert places == {"receiver": "mine.recv(10)", "MainProcess": "process.join()"}
    stacks = [text for text in finding["details"] if text.startswith("stack of receiver: test_it.py:")]
    assert stacks
    assert "mine.recv(10)" in stacks[0]


def test_each_worker_of_xdist_watches_its_own_family(tmp_path: Path) -> None:
    source = (
        ABBA + textwrap.dedent(CAUGHT["join_before_drain"][1]) + textwrap.dedent(CAUGHT["own_write_end"][1])
    )
    outcome = run(tmp_path, source, "-n2")
    kinds = {name: found[0]["kind"] for name, found in outcome.findings.items()}
    assert kinds == {
        "test_abba": "deadlock-cycle",
        "test_join_before_drain": "full-pipe",
        "test_own_write_end": "no-eof",
    }


def test_an_end_that_a_foreign_process_holds_proves_nothing(tmp_path: Path) -> None:
    """The holder of the write end is no descendant of the test's any more: it might write."""
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        def test_it():
            receiver, sender = ctx.Pipe(duplex=False)
            middle = os.fork()
            if middle == 0:
                if os.fork() == 0:
                    subprocess.run(
                        [sys.executable, "-c", "import sys, os, time; time.sleep(1.5); os.write(int(sys.argv[1]), "
                        "b'\\\\0\\\\0\\\\0\\\\3abc')", str(sender.fileno())], pass_fds=[sender.fileno()])
                os._exit(0)
            os.waitpid(middle, 0)
            sender.close()
            assert receiver.recv_bytes() == b"abc"
        """
    )
    outcome = run(tmp_path, source, "--sensei-leaks=off")
    assert (outcome.failed, outcome.findings) == (0, {}), outcome.output


def test_a_pool_that_is_broken_off_does_not_hold_up_the_end_of_the_run(tmp_path: Path) -> None:
    """A worker that is killed while it waits for work has a lock with it that the pool wants to tidy up."""
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        GATE = ctx.Semaphore(0)
        def wait_at_the_gate():
            GATE.acquire()
        def test_it():
            pool = ctx.Pool(3)
            try:
                pool.apply_async(wait_at_the_gate).get()
            finally:
                pool.close()
                pool.join()
        """
    )
    outcome = run(tmp_path, source, "-W", "ignore::DeprecationWarning", "--sensei-leaks=error")
    assert outcome.findings["test_it"][0]["kind"] == "stalled", outcome.output
    assert outcome.survivors == []
