"""Small programs, right and wrong: what an exploration says of each."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.diagnosis import Kind
from pytest_sensei.explore.exploring import Outcome

if TYPE_CHECKING:
    from conftest import Explore

RACES = {
    "attribute": """
        def test():
            box = Box(); box.n = 0
            def add(): box.n += 1
            together(add, add)
            assert box.n == 2
        """,
    "object that comes out of a call": """
        def test():
            box = Box(); box.n = 0
            def same(): return box
            def add(): same().n += 1
            together(add, add)
            assert box.n == 2
        """,
    "global": """
        total = 0
        def add():
            global total
            total += 1
        def test():
            global total
            total = 0
            together(add, add)
            assert total == 2
        """,
    "closure": """
        def test():
            n = 0
            def add():
                nonlocal n
                n += 1
            together(add, add)
            assert n == 2
        """,
    "item of a dictionary": """
        def test():
            counts = {"a": 0}
            def add(): counts["a"] += 1
            together(add, add)
            assert counts["a"] == 2
        """,
    "look and then add": """
        def test():
            made = []
            def make():
                if not made: made.append(object())
            together(make, make)
            assert len(made) == 1
        """,
    "class attribute": """
        class Total:
            n = 0
        def add(): Total.n += 1
        def test():
            Total.n = 0
            together(add, add)
            assert Total.n == 2
        """,
    "slot": """
        class Slotted:
            __slots__ = ("n",)
        def test():
            it = Slotted(); it.n = 0
            def add(): it.n += 1
            together(add, add)
            assert it.n == 2
        """,
    "two different locks": """
        def test():
            box = Box(); box.n = 0
            one, two = Lock(), Lock()
            def add(lock):
                with lock: box.n += 1
            together(lambda: add(one), lambda: add(two))
            assert box.n == 2
        """,
    "lock given back in between": """
        def test():
            box = Box(); box.n = 0
            lock = Lock()
            def add():
                with lock: n = box.n
                with lock: box.n = n + 1
            together(add, add)
            assert box.n == 2
        """,
    "subclass of Thread": """
        class Adder(Thread):
            def __init__(self, box):
                super().__init__()
                self.box = box
            def run(self): self.box.n += 1
        def test():
            box = Box(); box.n = 0
            both = [Adder(box), Adder(box)]
            for each in both: each.start()
            for each in both: each.join()
            assert box.n == 2
        """,
    "executor": """
        def test():
            box = Box(); box.n = 0
            def add(): box.n += 1
            with ThreadPoolExecutor(2) as pool:
                for future in [pool.submit(add), pool.submit(add)]: future.result()
            assert box.n == 2
        """,
    "timer": """
        def test():
            box = Box(); box.n = 0
            def add(): box.n += 1
            timers = [Timer(5, add), Timer(5, add)]
            for each in timers: each.start()
            for each in timers: each.join()
            assert box.n == 2
        """,
    "read before it is written": """
        def test():
            out = []
            thread = Thread(target=lambda: out.append(1))
            thread.start()
            assert out
            thread.join()
        """,
    "exception of a thread": """
        def test():
            box = Box(); box.items = [1]
            def take():
                if box.items: box.items.pop()
            together(take, take)
        """,
    "notify with a state that is changed outside the lock": """
        def test():
            box = Box(); box.n = 0
            ready = Condition()
            def add():
                box.n += 1
                with ready: ready.notify_all()
            def wait():
                with ready: ready.wait_for(lambda: box.n, timeout=1)
            together(add, add, wait)
            assert box.n == 2
        """,
}

RIGHT = {
    "context of a thread: empty, its starter's, or given (Python 3.14)": """
        import contextvars, sys
        colour = contextvars.ContextVar("colour", default="none")
        def test():
            colour.set("red")
            given = {"context": contextvars.copy_context()} if sys.version_info >= (3, 14) else {}
            colour.set("blue")
            usual = "blue" if getattr(sys.flags, "thread_inherit_context", 0) else "none"
            seen = []
            for keywords in {}, given:
                thread = Thread(target=lambda: seen.append(colour.get()), **keywords)
                thread.start()
                thread.join()
            assert seen == [usual, "red" if given else usual]
        """,
    "locked counter": """
        def test():
            box = Box(); box.n = 0
            lock = Lock()
            def add():
                with lock: box.n += 1
            together(add, add, add)
            assert box.n == 3
        """,
    "lock of the module": """
        lock = Lock()
        total = 0
        def add():
            global total
            with lock: total += 1
        def test():
            global total
            total = 0
            together(add, add)
            assert total == 2
        """,
    "reentrant lock": """
        def test():
            box = Box(); box.n = 0
            lock = RLock()
            def add():
                with lock:
                    with lock: box.n += 1
            together(add, add)
            assert box.n == 2
        """,
    "condition": """
        def test():
            box = Box(); box.ready = False
            changed = Condition()
            def wait():
                with changed: changed.wait_for(lambda: box.ready)
            def wake():
                with changed:
                    box.ready = True
                    changed.notify()
            together(wait, wake)
        """,
    "event": """
        def test():
            box = Box(); event = Event()
            def give():
                box.value = 7
                event.set()
            def take():
                event.wait()
                assert box.value == 7
            together(take, give)
        """,
    "semaphore": """
        def test():
            inside = []; places = Semaphore(1)
            def use():
                with places:
                    inside.append(1)
                    assert len(inside) == 1
                    inside.pop()
            together(use, use)
        """,
    "barrier": """
        def test():
            barrier = Barrier(2); seen = []
            together(barrier.wait, lambda: seen.append(barrier.wait()))
            assert not barrier.broken
        """,
    "queue": """
        def test():
            line = queue.Queue(1); got = []
            def put():
                for n in range(3): line.put(n)
            def get():
                for _ in range(3): got.append(line.get()); line.task_done()
            together(put, get)
            line.join()
            assert got == [0, 1, 2]
        """,
    "simple queue": """
        def test():
            line = queue.SimpleQueue(); got = []
            together(lambda: line.put(1), lambda: got.append(line.get()))
            assert got == [1]
        """,
    "executor": """
        def test():
            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(lambda n: n * n, [1, 2])) == [1, 4]
        """,
    "data of each thread": """
        own = threading.local()
        def test():
            def use():
                assert not hasattr(own, "n")
                own.n = 1
            together(use, use)
        """,
    "sleeping costs nothing": """
        def test():
            start = time.monotonic()
            time.sleep(3600)
            assert 3600 <= time.monotonic() - start < 3601
        """,
    "clocks that a class keeps": """
        class Limiter:
            clock = time.monotonic
            other = staticmethod(time.time)
            sleep = time.sleep
            def pause(self):
                start = self.clock(), self.other()
                self.sleep(3600)
                return self.clock() - start[0], self.other() - start[1]
        def test():
            assert all(3600 <= passed < 3601 for passed in Limiter().pause())
        """,
    "who waits with sleeps": """
        def test():
            box = Box(); box.done = False
            def work(): box.done = True
            thread = Thread(target=work)
            thread.start()
            while not box.done: time.sleep(0.01)
            thread.join()
        """,
    "timed wait that is answered": """
        def test():
            event = Event()
            thread = Thread(target=event.set)
            thread.start()
            assert event.wait(0.001)
            thread.join()
        """,
    "chance": """
        def test():
            box = Box(); box.n = 0; lock = Lock()
            def add():
                with lock: box.n += random.random()
            together(add, add)
            assert 0 < box.n < 2
        """,
    "locks in the order of their identity": """
        def test():
            one, two = Lock(), Lock()
            def both(*locks):
                first, second = sorted(locks, key=id)
                with first, second: pass
            together(lambda: both(one, two), lambda: both(two, one))
        """,
    "exception that the test expects": """
        import pytest
        def test():
            with pytest.raises(ZeroDivisionError): 1 / 0
            together(lambda: None)
        """,
    "names and identities of threads": """
        def test():
            seen = []
            def look():
                me = threading.current_thread()
                seen.append((me.name, me.is_alive(), me.ident == threading.get_ident(), me in threading.enumerate()))
            thread = Thread(target=look, name="looker", daemon=True)
            assert not thread.is_alive() and thread.ident is None
            thread.start()
            thread.join()
            assert seen == [("looker", True, True, True)]
            assert not thread.is_alive() and thread.daemon and thread.ident
        """,
    "results of each thread in its own place": """
        def test():
            results = [None, None, None]
            def put(n): results[n] = n
            together(lambda: put(0), lambda: put(1), lambda: put(2))
            assert results == [0, 1, 2]
        """,
}

STANDSTILLS = {
    "two locks in opposite orders": (
        Kind.DEADLOCK_CYCLE,
        """
        def test():
            one, two = Lock(), Lock()
            def both(first, second):
                with first:
                    with second: pass
            together(lambda: both(one, two), lambda: both(two, one))
        """,
    ),
    "the same lock twice": (
        Kind.SELF_DEADLOCK,
        """
        def test():
            lock = Lock()
            def twice():
                with lock:
                    with lock: pass
            together(twice)
        """,
    ),
    "lock that is never given back": (
        Kind.ABANDONED_LOCK,
        """
        def test():
            lock = Lock()
            def take(): lock.acquire()
            together(take, take)
        """,
    ),
    "wait without a look": (
        Kind.STALLED,
        """
        def test():
            ready = Condition()
            def wait():
                with ready: ready.wait()
            def wake():
                with ready: ready.notify()
            together(wait, wake)
        """,
    ),
    "barrier one short": (
        Kind.STALLED,
        """
        def test():
            barrier = Barrier(3)
            together(barrier.wait, barrier.wait)
        """,
    ),
    "get that nobody puts to": (
        Kind.STALLED,
        """
        def test():
            line = queue.Queue()
            together(line.get)
        """,
    ),
    "thread that is left waiting": (
        Kind.LEAKED_THREAD,
        """
        def test():
            line = queue.Queue()
            Thread(target=line.get, name="left").start()
        """,
    ),
    "loop that waits": (
        Kind.SPINNING,
        """
        def test():
            box = Box(); box.stop = False
            def work():
                while not box.stop: pass
            thread = Thread(target=work)
            thread.start()
            box.stop = True
            thread.join()
        """,
    ),
    "exception that always ends a thread": (
        Kind.LOST_EXCEPTION,
        """
        def test():
            def fail(): raise ValueError("no")
            together(fail)
        """,
    ),
}


@pytest.mark.parametrize("source", RACES.values(), ids=list(RACES))
def test_a_race_is_proved_by_an_interleaving(explore: Explore, source: str) -> None:
    result = explore(source)
    assert result.outcome is Outcome.FAILED, result.note
    assert result.diagnosis is not None
    assert result.diagnosis.kind is Kind.RACE
    assert isinstance(result.error, Exception)
    assert result.diagnosis.culprits


@pytest.mark.parametrize("source", RIGHT.values(), ids=list(RIGHT))
def test_a_right_program_is_run_in_all_its_interleavings(explore: Explore, source: str) -> None:
    result = explore(source)
    assert result.outcome is Outcome.EXHAUSTED, (result.note, result.error)


@pytest.mark.parametrize(("kind", "source"), STANDSTILLS.values(), ids=list(STANDSTILLS))
def test_a_standstill_is_named_as_when_it_is_watched(explore: Explore, kind: Kind, source: str) -> None:
    result = explore(source)
    assert result.outcome is Outcome.FAILED, result.note
    assert result.diagnosis is not None
    assert result.diagnosis.kind is kind
    assert result.diagnosis.mode == "explored"
    assert result.diagnosis.culprits


def test_a_failure_that_needs_no_interleaving_is_no_race(explore: Explore) -> None:
    result = explore(
        """
        def test():
            box = Box(); box.n = 0; lock = Lock()
            def add():
                with lock: box.n += 1
            together(add, add)
            assert box.n == 3
        """
    )
    assert result.outcome is Outcome.FAILED
    assert result.diagnosis is None
    assert result.note == "it fails in all 2 interleavings: this needs no particular timing"


def test_a_space_that_is_too_large_is_said_to_be(explore: Explore) -> None:
    result = explore(
        """
        def test():
            box = Box(); box.n = 0; lock = Lock()
            def add():
                for _ in range(4):
                    with lock: box.n += 1
            together(add, add, add)
        """,
        max_schedules=200,
    )
    assert result.outcome is Outcome.WITHIN_BUDGET
    assert result.executions == 200
    assert result.note.startswith("200 interleavings pass, there are more")


def test_all_schedules_with_few_preemptions_can_be_asked_for(explore: Explore) -> None:
    result = explore(
        """
        def test():
            box = Box(); box.n = 0
            def add(): box.n += 1
            together(add, add)
        """,
        preemptions=1,
    )
    assert result.outcome is Outcome.WITHIN_BUDGET
    assert "all with at most 1 preemption" in result.note


@pytest.mark.parametrize("strategy", ["dpor", "bounded", "pos", "pct", "random"])
def test_each_strategy_finds_a_lost_update(explore: Explore, strategy: str) -> None:
    assert explore(RACES["attribute"], strategy=strategy).outcome is Outcome.FAILED


def test_a_wait_may_end_early_if_asked_for(explore: Explore) -> None:
    source = """
        def test():
            event = Event()
            thread = Thread(target=event.set)
            thread.start()
            assert event.wait(10)
            thread.join()
        """
    assert explore(source).outcome is Outcome.EXHAUSTED
    assert explore(source, timeouts="any").outcome is Outcome.FAILED


def test_a_test_that_depends_on_the_runs_before_is_not_deterministic(explore: Explore) -> None:
    result = explore(
        """
        runs = (run for run in range(9))
        def test():
            box = Box(); box.n = 0
            def add(): box.n += 1
            together(add, add)
            assert next(runs) < 2
        """
    )
    assert result.outcome is Outcome.NONDETERMINISTIC
    assert "not deterministic" in result.note


def test_a_call_that_waits_for_the_outside_ends_the_exploration_with_its_line(
    explore: Explore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_sensei.explore import watchdog

    monkeypatch.setattr(watchdog, "PATIENCE", 0.3)
    result = explore(
        """
        import socket
        def test():
            here, there = socket.socketpair()
            with here, there:
                here.recv(1)
        """
    )
    assert result.outcome is Outcome.ESCAPED
    assert "here.recv(1)" in result.note


def test_a_run_in_the_background_ends_such_a_call_too(
    explore: Explore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_sensei.explore import watchdog

    monkeypatch.setattr(watchdog, "PATIENCE", 0.3)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = explore(
            """
            import socket
            def test():
                here, there = socket.socketpair()
                with here, there:
                    here.recv(1)
            """
        )
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.outcome is Outcome.ESCAPED
    assert after is signal.SIG_IGN


def test_the_reported_schedule_has_no_switch_too_many(explore: Explore) -> None:
    result = explore(RACES["attribute"], strategy="random")
    assert len(result.switches) == 1


def test_the_steps_tell_the_values(explore: Explore) -> None:
    result = explore(RACES["attribute"])
    assert result.diagnosis is not None
    assert result.diagnosis.schedule is not None
    told = [
        (step.actor, step.action, step.field, step.value)
        for step in result.diagnosis.schedule.steps
        if step.matters and step.action != "raise"
    ]
    assert told == [
        ("a2", "read", "Box.n", "0"),
        ("a3", "read", "Box.n", "0"),
        ("a3", "write", "Box.n", "1"),
        ("a2", "write", "Box.n", "1"),
    ]


def test_no_thread_is_left_of_an_exploration(explore: Explore) -> None:
    import _thread
    import threading

    before = threading.enumerate(), _thread._count()
    explore(STANDSTILLS["get that nobody puts to"][1])
    assert (threading.enumerate(), _thread._count()) == before
