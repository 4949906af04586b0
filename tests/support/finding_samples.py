"""Findings to render and to serialise: one believable sample of every kind."""

from __future__ import annotations

from dataclasses import replace

from pytest_sensei.diagnosis import (
    Actor,
    Diagnosis,
    Finding,
    Hold,
    Kind,
    Mode,
    Phase,
    Place,
    Resource,
    Schedule,
    Severity,
    Step,
    Wait,
)

PID = 4100


def at(spot: str, source: str, function: str = "test_it") -> Place:
    """`at("table.py:14", "with first:", "dine")`."""
    file, line = spot.rsplit(":", 1)
    return Place(file, int(line), function, source)


def actor(
    number: int,
    thread: str,
    state: str = "waiting",
    *,
    process: str = "MainProcess",
    pid: int = PID,
    place: Place | None = None,
) -> Actor:
    return Actor(f"a{number}", process, pid, thread, state, place)


def lock(
    number: int,
    name: str,
    kind: str = "Lock",
    created: Place | None = None,
    state: str | None = None,
) -> Resource:
    return Resource(f"r{number}", kind, name, created, state)


FORK = at("table.py:7", "self.forks = [Lock() for _ in range(seats)]", "__init__")
FIRST = at("table.py:14", "with first:", "dine")
SECOND = at("table.py:15", "with second:", "dine")

DEADLOCK = Diagnosis(
    kind=Kind.DEADLOCK_CYCLE,
    summary="2 threads wait for each other",
    actors=(actor(1, "Aristotle"), actor(2, "Plato")),
    resources=(lock(1, "forks[0]", created=FORK), lock(2, "forks[1]", created=FORK)),
    holds=(Hold("a1", "r1", FIRST), Hold("a2", "r2", FIRST)),
    waits=(Wait("a1", "r2", SECOND), Wait("a2", "r1", SECOND)),
    culprits=(SECOND,),
    latency_ms=63.0,
)

SELF_DEADLOCK = Diagnosis(
    kind=Kind.SELF_DEADLOCK,
    summary="MainThread waits for a lock that it holds itself",
    actors=(actor(1, "MainThread"),),
    resources=(lock(1, "self._lock", created=at("counter.py:6", "self._lock = Lock()", "__init__")),),
    holds=(Hold("a1", "r1", at("counter.py:15", "with self._lock:", "increment")),),
    waits=(Wait("a1", "r1", at("counter.py:10", "with self._lock:", "value")),),
    culprits=(
        at("counter.py:10", "with self._lock:", "value"),
        at("counter.py:15", "with self._lock:", "increment"),
    ),
    latency_ms=51.2,
)

STALLED = Diagnosis(
    kind=Kind.STALLED,
    summary="2 threads wait, and nobody is left who could wake them",
    actors=(actor(1, "MainThread"), actor(2, "worker-1")),
    resources=(
        lock(1, "worker-1", "Thread"),
        lock(2, "self._cond", "Condition", at("semaphore.py:9", "self._cond = Condition()", "__init__")),
    ),
    waits=(
        Wait("a1", "r1", at("test_semaphore.py:31", "worker.join()", "test_release_wakes_a_waiter")),
        Wait("a2", "r2", at("semaphore.py:17", "self._cond.wait()", "acquire")),
    ),
    culprits=(at("semaphore.py:17", "self._cond.wait()", "acquire"),),
    details=("notify is called nowhere that a running thread could reach",),
    latency_ms=104.0,
)

ABANDONED = Diagnosis(
    kind=Kind.ABANDONED_LOCK,
    summary="worker-1 ended while it held a lock that MainThread waits for",
    actors=(actor(1, "MainThread"), actor(2, "worker-1", "ended")),
    resources=(lock(1, "self._lock", created=at("counter.py:6", "self._lock = Lock()", "__init__")),),
    holds=(Hold("a2", "r1", at("counter.py:10", "self._lock.acquire()", "increment")),),
    waits=(Wait("a1", "r1", at("counter.py:10", "self._lock.acquire()", "increment")),),
    culprits=(at("counter.py:10", "self._lock.acquire()", "increment"),),
    latency_ms=52.0,
)

LOCK_ORDER = Diagnosis(
    kind=Kind.LOCK_ORDER,
    summary="2 locks are taken in opposite orders",
    actors=(actor(1, "Thread-1 (transfer)", "ended"), actor(2, "Thread-2 (transfer)", "ended")),
    resources=(lock(1, "alice.lock"), lock(2, "bob.lock")),
    holds=(
        Hold("a1", "r1", at("transfer.py:21", "with source.lock:", "transfer")),
        Hold("a2", "r2", at("transfer.py:21", "with source.lock:", "transfer")),
    ),
    waits=(
        Wait("a1", "r2", at("transfer.py:22", "with target.lock:", "transfer"), forever=False),
        Wait("a2", "r1", at("transfer.py:22", "with target.lock:", "transfer"), forever=False),
    ),
    culprits=(at("transfer.py:22", "with target.lock:", "transfer"),),
)

NO_EOF = Diagnosis(
    kind=Kind.NO_EOF,
    summary="MainThread reads a pipe whose last write end it holds itself",
    actors=(actor(1, "MainThread"),),
    resources=(
        lock(1, "receiver", "Connection", at("stream.py:12", "receiver, sender = Pipe(duplex=False)")),
    ),
    holds=(Hold("a1", "r1", at("stream.py:12", "receiver, sender = Pipe(duplex=False)", "collect")),),
    waits=(Wait("a1", "r1", at("stream.py:18", "items.append(receiver.recv())", "collect")),),
    culprits=(at("stream.py:12", "receiver, sender = Pipe(duplex=False)", "collect"),),
    latency_ms=88.0,
)

FULL_PIPE = Diagnosis(
    kind=Kind.FULL_PIPE,
    summary="Process-1 cannot end: its queue is full and nobody reads it",
    actors=(
        actor(1, "MainThread"),
        actor(2, "QueueFeederThread", process="Process-1", pid=PID + 1),
    ),
    resources=(lock(1, "Process-1", "Process"), lock(2, "results", "Queue", state="65536 bytes unread")),
    waits=(
        Wait("a1", "r1", at("square_all.py:22", "worker.join()", "square_all")),
        Wait("a2", "r2", at("square_all.py:9", "results.put(number * number)", "work")),
    ),
    culprits=(at("square_all.py:22", "worker.join()", "square_all"),),
    latency_ms=141.0,
)

LEAKED_THREAD = Diagnosis(
    kind=Kind.LEAKED_THREAD,
    summary="'feeder' is still running after the test",
    actors=(actor(1, "feeder"),),
    resources=(
        lock(1, "feeder", "Thread", at("test_feed.py:12", 'Thread(target=feed, name="feeder").start()')),
        lock(2, "inbox", "Queue"),
    ),
    waits=(Wait("a1", "r2", at("feed.py:7", "item = inbox.get()", "feed")),),
    culprits=(at("test_feed.py:12", 'Thread(target=feed, name="feeder").start()', "test_feed"),),
)

LEAKED_PROCESS = Diagnosis(
    kind=Kind.LEAKED_PROCESS,
    summary="'Process-1' is still running after the test",
    actors=(
        actor(
            1,
            "MainThread",
            "unknown",
            place=at("test_cars.py:5", "while not arrived():", "drive"),
            process="Process-1",
            pid=PID + 1,
        ),
    ),
    resources=(lock(1, "Process-1", "Process", at("test_cars.py:9", "Process(target=drive).start()")),),
    culprits=(at("test_cars.py:9", "Process(target=drive).start()", "test_cars"),),
)

LEAKED_POOL = Diagnosis(
    kind=Kind.LEAKED_POOL,
    summary="a pool with 3 workers was never closed",
    actors=(actor(1, "MainThread", "sleeping", process="ForkPoolWorker-1", pid=PID + 1),),
    resources=(lock(1, "pool", "Pool", at("test_pool.py:5", "pool = Pool(3)"), "3 workers"),),
    culprits=(at("test_pool.py:5", "pool = Pool(3)", "test_pool"),),
)

ZOMBIE = Diagnosis(
    kind=Kind.ZOMBIE,
    summary="'Process-1' has ended, and nobody asked how",
    actors=(actor(1, "MainThread", "ended", process="Process-1", pid=PID + 1),),
    resources=(
        lock(1, "Process-1", "Process", at("test_jobs.py:8", "Process(target=job).start()"), "exit code 0"),
    ),
    culprits=(at("test_jobs.py:8", "Process(target=job).start()", "test_jobs"),),
)

ORPHAN = Diagnosis(
    kind=Kind.ORPHAN,
    summary="a process outlived the process that started it",
    actors=(actor(1, "MainThread", "sleeping", process="Process-1:1", pid=PID + 2),),
    resources=(lock(1, "Process-1:1", "Process", at("supervisor.py:14", "Process(target=helper).start()")),),
    culprits=(at("supervisor.py:14", "Process(target=helper).start()", "serve"),),
)

LEAKED_PIPE_END = Diagnosis(
    kind=Kind.LEAKED_PIPE_END,
    summary="an end of a pipe was never closed",
    resources=(lock(1, "sender", "Connection", at("stream.py:12", "receiver, sender = Pipe(duplex=False)")),),
    culprits=(at("stream.py:12", "receiver, sender = Pipe(duplex=False)", "collect"),),
)

LEAKED_SHARED_MEMORY = Diagnosis(
    kind=Kind.LEAKED_SHARED_MEMORY,
    summary="a block of shared memory was never unlinked",
    resources=(
        lock(
            1,
            "psm_1f2e3d4c",
            "SharedMemory",
            at("shared_sum.py:11", "block = SharedMemory(create=True, size=8 * len(array))"),
            "800 bytes",
        ),
    ),
    culprits=(
        at("shared_sum.py:11", "block = SharedMemory(create=True, size=8 * len(array))", "parallel_sum"),
    ),
)

LOST_EXCEPTION = Diagnosis(
    kind=Kind.LOST_EXCEPTION,
    summary="'worker-1' died of ZeroDivisionError: division by zero",
    actors=(actor(1, "worker-1", "ended", place=at("jobs.py:4", "return total / count", "mean")),),
    resources=(lock(1, "worker-1", "Thread", at("test_jobs.py:10", "Thread(target=mean, args=([],))")),),
    culprits=(at("jobs.py:4", "return total / count", "mean"),),
)

SPINNING = Diagnosis(
    kind=Kind.SPINNING,
    summary="worker-1 runs in circles: nothing that it looks at changes",
    mode="explored",
    actors=(
        actor(1, "worker-1", "running", place=at("semaphore.py:13", "while self.count == 0:", "acquire")),
    ),
    culprits=(at("semaphore.py:13", "while self.count == 0:", "acquire"),),
    details=("it looked 200 times at Semaphore.count, which stayed 0, while MainThread could run",),
)

TIMEOUT = Diagnosis(
    kind=Kind.TIMEOUT,
    summary="the test took longer than 10 s",
    proved=False,
    actors=(
        actor(1, "MainThread"),
        actor(2, "reader", "running", place=at("client.py:40", "reply = sock.recv(4096)", "read")),
    ),
    resources=(lock(1, "reader", "Thread"),),
    waits=(Wait("a1", "r1", at("test_client.py:19", "reader.join()", "test_client")),),
    culprits=(at("test_client.py:19", "reader.join()", "test_client"),),
)

PLUS_EQUALS = at("counter.py:9", "self.value += by", "increment")
VERDICT_LINE = at("test_counter.py:14", "assert counter.value == 2", "test_no_update_is_lost")


def step(
    number: int,
    action: str,
    field: str | None = None,
    value: str | None = None,
    *,
    place: Place = PLUS_EQUALS,
    locks: tuple[str, ...] = (),
    matters: bool = True,
) -> Step:
    return Step(f"a{number}", place, action, field, value, locks, matters)


START = at("test_counter.py:11", "thread.start()", "test_no_update_is_lost")

RACE = Diagnosis(
    kind=Kind.RACE,
    summary="assert counter.value == 2 fails: 1 != 2",
    mode="explored",
    actors=(
        actor(1, "MainThread", "running"),
        actor(2, "Thread-1", "ended"),
        actor(3, "Thread-2", "ended"),
    ),
    culprits=(PLUS_EQUALS,),
    schedule=Schedule(
        number=2,
        explored=2,
        distinct=4,
        token="c3-2x1",
        steps=(
            step(1, "start", "Thread-1", place=START, matters=False),
            step(1, "start", "Thread-2", place=START, matters=False),
            step(2, "read", "Counter.value", "0"),
            step(3, "read", "Counter.value", "0"),
            step(2, "write", "Counter.value", "1"),
            step(3, "write", "Counter.value", "1"),
            step(1, "raise", None, "AssertionError: assert 1 == 2", place=VERDICT_LINE),
        ),
    ),
)

EXPLORED = Diagnosis(
    kind=Kind.EXPLORED,
    summary="all 7 interleavings pass",
    mode="explored",
    schedule=Schedule(number=0, explored=7, distinct=7, exhausted=True, note="all 7 interleavings pass"),
)

DIAGNOSES: dict[Kind, Diagnosis] = {
    diagnosis.kind: diagnosis
    for diagnosis in (
        DEADLOCK,
        SELF_DEADLOCK,
        STALLED,
        ABANDONED,
        NO_EOF,
        FULL_PIPE,
        LOCK_ORDER,
        RACE,
        LEAKED_THREAD,
        LEAKED_PROCESS,
        LEAKED_POOL,
        ZOMBIE,
        ORPHAN,
        LEAKED_PIPE_END,
        LEAKED_SHARED_MEMORY,
        LOST_EXCEPTION,
        SPINNING,
        TIMEOUT,
        EXPLORED,
    )
}


def finding(
    diagnosis: Diagnosis,
    *,
    nodeid: str = "tests/test_it.py::test_it",
    phase: Phase = "call",
    severity: Severity = Severity.ERROR,
    hints: tuple[str, ...] = (),
) -> Finding:
    return Finding(nodeid, phase, severity, diagnosis, hints)


def in_mode(diagnosis: Diagnosis, mode: Mode) -> Diagnosis:
    return replace(diagnosis, mode=mode)


def race(*steps: Step, threads: int = 2, resources: tuple[Resource, ...] = ()) -> Diagnosis:
    """A race of `MainThread` (a1), `Thread-1` (a2), `Thread-2` (a3) and so on."""
    workers = tuple(actor(number + 1, f"Thread-{number}", "ended") for number in range(1, threads + 1))
    return Diagnosis(
        kind=Kind.RACE,
        summary="assert counter.value == 2 fails: 1 != 2",
        mode="explored",
        actors=(actor(1, "MainThread", "running"), *workers),
        resources=resources,
        culprits=(PLUS_EQUALS,),
        schedule=Schedule(number=2, explored=2, distinct=4, token="c3-2x1", steps=steps),
    )


CHECK = at("semaphore.py:12", "if self.count > 0:", "acquire")
TAKE = at("semaphore.py:13", "self.count -= 1", "acquire")
COUNT = "Semaphore.count"

THREE_THREADS = race(
    *(step(number, "read", COUNT, "1", place=CHECK) for number in (2, 3, 4)),
    *(
        step(number, action, COUNT, value, place=TAKE)
        for number, before, after in ((2, "1", "0"), (3, "0", "-1"), (4, "-1", "-2"))
        for action, value in (("read", before), ("write", after))
    ),
    step(1, "raise", None, "AssertionError: 3 threads are in, of at most 1", place=VERDICT_LINE),
    threads=3,
)
