"""Jobs in a real Redis: worked off by real processes, some of which are killed in the middle."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jobs_redis import count, push, work

redis = pytest.importorskip("redis", reason="skipped, no Python package redis\n  python -m pip install redis")

# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURN_SECONDS = 0.01
TURNS = 250
IDLE_TURNS = 30  # of a worker that waits in the server
ASKING_TURNS = 100  # of one that does not: enough for many commands
MANY = 5  # jobs
WAITING_TURNS = 50
BROUGHT_BACK_TURNS = 500  # five seconds, as the README says
SPIN = 25  # commands ...
SPIN_SECONDS = 0.25  # ... in so short a time are no waiting, or in about the time that as many pings take


@pytest.fixture
def url(kata_redis_url: str) -> Iterator[str]:
    with redis.Redis.from_url(kata_redis_url) as client:
        assert not client.dbsize(), f"{kata_redis_url} is in use: name an empty database in KATA_REDIS_URL"
        yield kata_redis_url
        client.flushdb()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with redis.Redis.from_url(url) as client:
        yield client


# -- jobs


def test_each_job_that_was_pushed_is_handled(url: str, client: Any) -> None:
    push(client, "first")
    push(client, "second")

    with Worker(url) as worker:
        handled = {worker.hears("begins"), worker.hears("begins")}

    assert handled == {"first", "second"}


def test_job_that_is_pushed_later_wakes_a_worker(url: str, client: Any) -> None:
    with Worker(url) as worker:
        end_its_wait(client, worker)
        push(client, "later")

        assert worker.hears("begins") == "later"


def test_worker_ends_when_stop_is_set_though_there_is_no_job(url: str, client: Any) -> None:
    with Worker(url) as worker:
        waiting_client(client, worker)
        worker.stop.set()

        assert worker.hears("has returned") is None


def test_worker_ends_when_stop_is_set_though_there_are_jobs(url: str, client: Any) -> None:
    for number in range(MANY):
        push(client, f"job {number}")

    with Worker(url, lingers=True) as worker:
        worker.hears("begins")
        worker.stop.set()
        for _ in range(MANY):
            worker.goes_on()
        others = worker.jobs_until_it_returns()

    assert others < MANY - 1, "stop is set, and the worker goes on until there is no job"


def test_two_workers_share_the_list(url: str, client: Any) -> None:
    with Worker(url, lingers=True) as one, Worker(url, lingers=True) as two:
        push(client, "first")
        push(client, "second")

        assert {one.hears("begins"), two.hears("begins")} == {"first", "second"}


def test_job_of_a_worker_that_is_killed_in_the_middle_is_handled_by_another(url: str, client: Any) -> None:
    push(client, "precious")
    with Worker(url, lingers=True) as worker:
        assert worker.hears("begins") == "precious"
        worker.kill()

    assert "precious" in everything_in(client), "the worker was killed, and the job is nowhere in Redis"
    with Worker(url) as other:
        assert other.hears("begins", BROUGHT_BACK_TURNS) == "precious"


def test_job_is_not_lost_when_its_worker_is_killed_before_any_of_its_commands(url: str, client: Any) -> None:
    for number in range(10):
        client.flushdb()
        push(client, "precious")
        with Worker(url, dies_before=number) as worker:
            said = worker.last_words()
        if ("ends", "precious") in said:
            break
        assert "precious" in everything_in(client), f"killed before its command {number + 1}: the job is lost"


def test_idle_worker_waits_in_the_server_and_does_not_ask_all_the_time(url: str, client: Any) -> None:
    with Worker(url) as worker:
        waits_in_the_server = waiting_client(client, worker) is not None
        worker.says_nothing_for(IDLE_TURNS if waits_in_the_server else ASKING_TURNS)


# -- the counter


def test_count_adds_one(client: Any) -> None:
    count(client, "visits")
    count(client, "visits")

    assert total(client, "visits") == 2


def test_count_returns_the_new_value(client: Any) -> None:
    assert [count(client, "visits"), count(client, "visits")] == [1, 2]


def test_counters_do_not_mix(client: Any) -> None:
    count(client, "visits")
    count(client, "clicks")

    assert total(client, "visits") == 1


def test_counter_is_shared_by_processes(url: str, client: Any) -> None:
    process = multiprocessing.Process(target=count_there, args=(url, "visits"))
    process.start()
    process.join()
    process.close()
    count(client, "visits")

    assert total(client, "visits") == 2


def test_no_count_is_lost_when_another_process_counts_between_any_two_commands(url: str, client: Any) -> None:
    sent = 0

    def another_counts() -> None:
        nonlocal sent
        if sent == number:
            count(client, name)
        sent += 1

    for number in range(6):
        sent, name = 0, f"visits {number}"
        with hooked(url, another_counts) as victim:
            count(victim, name)
        if sent <= number:
            break  # it has no more commands
        assert total(client, name) == 2, f"another count before command {number + 1} of {sent} got lost"


def test_two_who_count_at_the_same_time_are_told_two_numbers(url: str, client: Any) -> None:
    sent = 0

    def another_counts() -> None:
        nonlocal sent
        if sent == number:
            values.append(count(client, name))
        sent += 1

    for number in range(6):
        sent, name = 0, f"visits {number}"
        values: list[int] = []
        with hooked(url, another_counts) as victim:
            values.append(count(victim, name))
        if sent <= number:
            break  # it has no more commands
        assert sorted(values) == [1, 2], f"another count came before command {number + 1} of {sent}"


# -- tools


def count_there(url: str, name: str) -> None:
    with redis.Redis.from_url(url) as client:
        count(client, name)


def total(client: Any, name: str) -> int:
    """Return how often was counted; it counts once more to know."""
    value = count(client, name)
    return (int(client.get(name)) if value is None else int(value)) - 1


def waiting_client(client: Any, worker: Worker) -> int | None:
    """Wait until the worker waits for a job in the server, by a command; None: it polls, or says something."""
    for _ in range(WAITING_TURNS):
        for each in client.client_list():
            if "b" in each["flags"]:
                return int(each["id"])
        if worker.messages.poll(TURN_SECONDS):
            break
    return None


def end_its_wait(client: Any, worker: Worker) -> None:
    """Have a command that waits for a job come back without one, as if it had waited long enough."""
    waiting = waiting_client(client, worker)
    if waiting is not None:
        client.client_unblock(waiting)


def everything_in(client: Any) -> str:
    """Return all that is in the database, as one text."""
    readers: dict[str, Callable[[Any], Any]] = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "hash": client.hgetall,
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1),
        "stream": client.xrange,
    }
    keys = list(client.scan_iter("*"))
    return repr([(key, readers[text(client.type(key))](key)) for key in keys])


def text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def hooked(url: str, before_command: Callable[[], None]) -> Any:
    """Make a client that calls something before each command that it sends."""
    kind = redis.ConnectionPool.from_url(url).connection_class
    ready = False

    class Hooked(kind):  # type: ignore[misc]
        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            if ready:
                before_command()
            super().send_packed_command(command, check_health)

    client = redis.Redis.from_pool(redis.ConnectionPool.from_url(url, connection_class=Hooked))
    client.ping()  # says hello now, not later
    ready = True
    return client


class Stop:
    """Tells a worker when to stop: an event that may also be called."""

    def __init__(self) -> None:
        self._event = multiprocessing.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return self._event.wait(timeout)

    __call__ = is_set


class Worker:
    """A process that calls `work`, and tells what it does. Killed at the end, if not before."""

    def __init__(self, url: str, lingers: bool = False, dies_before: int | None = None) -> None:
        self.stop = Stop()
        self.messages, end = multiprocessing.Pipe()
        arguments = (url, self.stop, end, lingers, dies_before)
        self._process = multiprocessing.Process(target=run_worker, args=arguments)
        self._process.start()
        end.close()
        self.hears("starts")

    def hears(self, wanted: str, turns: int = TURNS) -> Any:
        """Wait until the worker says something; anything else that it says is wrong."""
        if not any(self.messages.poll(TURN_SECONDS) for _ in range(turns)):
            pytest.fail(f"the worker was to say {wanted!r}, and says nothing")
        try:
            said, what = self.messages.recv()
        except EOFError:
            pytest.fail(f"the worker was to say {wanted!r}, and ended")
        while said == "ends" and wanted != "ends":
            return self.hears(wanted)
        assert said == wanted, f"the worker {said} {what or ''}"
        return what

    def says_nothing_for(self, turns: int) -> None:
        if any(self.messages.poll(TURN_SECONDS) for _ in range(turns)):
            said, what = self.messages.recv()
            pytest.fail(f"the worker {said} {what or ''}")

    def last_words(self) -> list[tuple[str, Any]]:
        """Return all that the worker says until its end, or until it is done with a job."""
        said: list[tuple[str, Any]] = []
        with contextlib.suppress(EOFError):
            while "ends" not in dict(said) and any(self.messages.poll(TURN_SECONDS) for _ in range(TURNS)):
                said.append(self.messages.recv())
        return said

    def goes_on(self) -> None:
        self.messages.send("go on")

    def jobs_until_it_returns(self) -> int:
        """Return how many more jobs the worker begins before it returns."""
        jobs = 0
        while any(self.messages.poll(TURN_SECONDS) for _ in range(TURNS)):
            said, _ = self.messages.recv()
            if said == "has returned":
                return jobs
            jobs += said == "begins"
        pytest.fail("stop is set, and the worker does not return")

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self._process.close()
        self.messages.close()


def run_worker(url: str, stop: Any, messages: Any, lingers: bool, dies_before: int | None) -> None:
    times: list[float] = []
    sent = 0

    def before_command() -> None:
        nonlocal sent
        if sent == dies_before:
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        sent += 1
        times.append(time.monotonic())
        if len(times) == SPIN:
            if times[-1] - times[0] < SPIN_SECONDS + 2 * seconds_for_pings():
                messages.send(("asks all the time:", f"{SPIN} commands without a pause"))
                stop.set()
            times.clear()

    def seconds_for_pings() -> float:
        """Measure what as many commands take now, on a machine that may be busy."""
        with redis.Redis.from_url(url) as another:
            another.ping()  # connected now
            before = time.monotonic()
            for _ in range(SPIN):
                another.ping()
            return time.monotonic() - before

    def handle(job: Any) -> None:
        times.clear()
        messages.send(("begins", job))
        if lingers:
            messages.recv()  # for ever: killed meanwhile, or told to go on
        messages.send(("ends", job))

    with hooked(url, before_command) as client:
        messages.send(("starts", None))
        try:
            work(client, handle, stop)
        except BaseException as error:
            messages.send(("fails with", repr(error)))
            raise
        messages.send(("has returned", None))
