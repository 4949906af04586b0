"""Two locks in opposite orders are told though nothing hung, unless the two can never meet."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

START = """
import queue, threading, time
from concurrent.futures import Future, ThreadPoolExecutor

def nest(outer, inner):
    with outer:
        with inner: pass

def together(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def in_turn(first, second):
    \"\"\"Run one after the other, without telling the second anything about the first.\"\"\"
    done = []
    def wait():
        while not done: pass
        second()
    together(lambda: (first(), done.append(1)), wait)

a, b = threading.Lock(), threading.Lock()
"""

HANDED_ON = {
    "event": """
        done = threading.Event()
        def one(): nest(a, b); done.set()
        def two(): done.wait(); nest(b, a)
        in_turn(one, two)
        """,
    "event that is asked": """
        done = threading.Event()
        def one(): nest(a, b); done.set()
        def two():
            while not done.is_set(): time.sleep(0.001)
            nest(b, a)
        in_turn(one, two)
        """,
    "queue": """
        orders = queue.Queue()
        def one(): nest(a, b); orders.put(1)
        def two(): orders.get(); nest(b, a)
        in_turn(one, two)
        """,
    "queue that has been worked off": """
        orders = queue.Queue()
        orders.put(1)
        def one(): nest(a, b); orders.get(); orders.task_done()
        def two(): orders.join(); nest(b, a)
        in_turn(one, two)
        """,
    "simple queue": """
        orders = queue.SimpleQueue()
        def one(): nest(a, b); orders.put(1)
        def two(): orders.get(); nest(b, a)
        in_turn(one, two)
        """,
    "semaphore": """
        done = threading.Semaphore(0)
        def one(): nest(a, b); done.release()
        def two(): done.acquire(); nest(b, a)
        in_turn(one, two)
        """,
    "condition": """
        condition, done = threading.Condition(), []
        def one():
            nest(a, b)
            with condition: done.append(1); condition.notify()
        def two():
            with condition: condition.wait_for(lambda: done)
            nest(b, a)
        in_turn(one, two)
        """,
    "barrier": """
        meeting = threading.Barrier(2)
        def one(): nest(a, b); meeting.wait()
        def two(): meeting.wait(); nest(b, a)
        together(one, two)
        """,
    "barrier inside of both": """
        meeting = threading.Barrier(2)
        def one():
            with a:
                with b: meeting.wait()
        def two(): meeting.wait(); nest(b, a)
        together(one, two)
        """,
    "future": """
        future = Future()
        def one(): nest(a, b); future.set_result(1)
        def two(): future.result(); nest(b, a)
        in_turn(one, two)
        """,
    "job after job": """
        with ThreadPoolExecutor(2) as executor:
            executor.submit(nest, a, b).result()
            executor.submit(nest, b, a).result()
        """,
    "thread that was asked whether it lives": """
        first = threading.Thread(target=nest, args=(a, b))
        first.start()
        while first.is_alive(): time.sleep(0.001)
        together(lambda: nest(b, a))
        """,
}

COULD_MEET = {
    "nothing between": "in_turn(lambda: nest(a, b), lambda: nest(b, a))",
    "event before the first": """
        going = threading.Event()
        def one(): going.set(); nest(a, b)
        def two(): going.wait(); nest(b, a)
        in_turn(one, two)
        """,
    "queue of work": """
        orders = queue.Queue()
        for order in (a, b), (b, a): orders.put(order)
        def work(): nest(*orders.get())
        in_turn(work, work)
        """,
    "places for several": """
        places = threading.Semaphore(3)
        def one():
            with places: nest(a, b)
        def two():
            with places: nest(b, a)
        in_turn(one, two)
        """,
    "another lock between": """
        counting, done = threading.Lock(), []
        def one():
            nest(a, b)
            with counting: done.append(1)
        def two():
            with counting: done.append(2)
            nest(b, a)
        in_turn(one, two)
        """,
    "once before a hand-over and once after": """
        done = threading.Event()
        def one(): nest(a, b); done.set(); nest(a, b)
        def two(): done.wait(); nest(b, a)
        in_turn(one, two)
        """,
}


def module_of(bodies: dict[str, str]) -> str:
    """Return a module with a test for each body."""
    functions = (
        f"def test_{name.replace(' ', '_').replace('-', '_')}():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        for name, body in bodies.items()
    )
    return START + "\n".join(functions)


def test_who_was_told_before_that_the_other_is_done_cannot_meet_it(project: Project) -> None:
    run = project.run(module_of(HANDED_ON), "--sensei-deadlocks=error")
    assert [finding["nodeid"] for finding in run.findings] == []
    run.result.assert_outcomes(passed=len(HANDED_ON))


def test_a_hand_over_that_orders_nothing_hides_no_danger(project: Project) -> None:
    run = project.run(module_of(COULD_MEET), "--sensei-deadlocks=error")
    assert run.kinds == ["lock-order"] * len(COULD_MEET)
    run.result.assert_outcomes(failed=len(COULD_MEET))


def test_nobody_listens_when_the_test_is_over(project: Project) -> None:
    source = (
        START
        + """
def test_it():
    nest(a, b)
    assert threading.Condition.notify is not notify
    assert "put" in vars(queue.SimpleQueue)

def test_next():
    assert threading.Condition.notify is notify
    assert "put" not in vars(queue.SimpleQueue)

notify = threading.Condition.notify
"""
    )
    project.run(source).result.assert_outcomes(passed=2)


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


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
@pytest.mark.parametrize("how", ["blocking=False", "timeout=20"])
def test_an_order_is_no_danger_where_one_side_would_not_wait_for_ever(
    project: Project, kind: str, how: str
) -> None:
    source = f"""
        import threading
        def test_it():
            a, b, first_done = threading.{kind}(), threading.{kind}(), []
            def one():
                with a:
                    assert b.acquire({how})
                    b.release()
                first_done.append(1)
            def two():
                while not first_done: pass
                with b:
                    with a: pass
            threads = [threading.Thread(target=work) for work in (one, two)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
    run = project.run(textwrap.dedent(source), "--sensei-deadlocks=error")
    assert run.kinds == []
    run.result.assert_outcomes(passed=1)


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
