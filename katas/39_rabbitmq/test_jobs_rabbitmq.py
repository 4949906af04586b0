"""Jobs in a real RabbitMQ: handed out to real processes, some of which are killed in the middle."""

from __future__ import annotations

import contextlib
import multiprocessing
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jobs_rabbitmq import consume, publish

pika = pytest.importorskip("pika", reason="skipped, no Python package pika\n  python -m pip install pika")

# The first test starts the server, which takes some seconds.
pytestmark = pytest.mark.timeout(90)

# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURNS = 250
TURN_SECONDS = 0.01
IDLE_TURNS = 30  # of a worker that has no job
PERSISTENT = 2
NOT_FOUND = 404
SAFE = 10.0  # seconds; a shorter limit is over at once in the worker that is impatient


class Desk:
    """A channel to the server, and the queues that were declared on it: they go when the test is over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self._connection.channel()
        self.queues: list[str] = []
        self._declare, self.channel.queue_declare = self.channel.queue_declare, self._note

    def _note(self, queue: str = "", *arguments: Any, **options: Any) -> Any:
        answer = self._declare(queue, *arguments, **options)
        self.queues.append(answer.method.queue)
        return answer

    def queue(self) -> str:
        """Return the queue that has the jobs; there may be others, for dead letters."""
        assert self.queues, (
            "publish declares the queue, so that no job is lost when no worker has been there yet"
        )
        self.comes_true(lambda: self.waiting() > 0)
        return next((queue for queue in self.queues if self._count(queue)), self.queues[0])

    def waiting(self) -> int:
        """Return how many jobs are in the server and with no worker."""
        return sum(self._count(queue) for queue in dict.fromkeys(self.queues))

    def _count(self, queue: str) -> int:
        try:
            count: int = self._declare(queue, passive=True).method.message_count
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != NOT_FOUND:
                raise
            pytest.fail("the queue is gone, and its jobs with it")
        return count

    def comes_true(self, condition: Callable[[], bool]) -> bool:
        for _ in range(TURNS):
            if condition():
                return True
            self._connection.sleep(TURN_SECONDS)
        return False

    def exists(self, queue: str) -> bool:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            try:
                connection.channel().queue_declare(queue, passive=True)
            except pika.exceptions.ChannelClosedByBroker:
                return False
        return True

    def close(self) -> None:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            for queue in dict.fromkeys(self.queues):
                channel.queue_delete(queue)
        if self._connection.is_open:
            self._connection.close()


@pytest.fixture
def desk(kata_amqp_url: str) -> Iterator[Desk]:
    desk = Desk(kata_amqp_url)
    yield desk
    desk.close()


def test_job_that_was_published_is_handled(desk: Desk) -> None:
    publish(desk.channel, "a job")

    with Worker(desk.url) as worker:
        assert worker.hears("begins") == "a job"


def test_job_that_is_published_later_is_handled(desk: Desk) -> None:
    publish(desk.channel, "first")
    with Worker(desk.url) as worker:
        worker.hears("begins")
        worker.hears("ends")
        publish(desk.channel, "later")

        assert worker.hears("begins") == "later"


def test_job_of_a_worker_that_is_killed_in_the_middle_is_handed_out_again(desk: Desk) -> None:
    publish(desk.channel, "precious")
    with Worker(desk.url, lingers_at="") as worker:
        assert worker.hears("begins") == "precious"
        worker.kill()

        assert desk.comes_true(lambda: not desk.exists(worker.sign_of_life)), "the server has not noticed"
    assert desk.comes_true(lambda: desk.waiting() == 1), "the worker was killed, and the job is gone"
    with Worker(desk.url) as other:
        assert other.hears("begins") == "precious"


def test_job_that_is_done_is_gone(desk: Desk) -> None:
    publish(desk.channel, "first")
    publish(desk.channel, "second")
    with Worker(desk.url, lingers_at="third") as worker:
        done = {worker.hears("begins"), worker.hears("begins")}
        publish(desk.channel, "third")
        assert worker.hears("begins") == "third", "a job that was done is handed out again"
        worker.kill()  # at the third: so the others have been acknowledged, if at all
        desk.comes_true(lambda: not desk.exists(worker.sign_of_life))

    assert done == {"first", "second"}
    with Worker(desk.url) as other:
        assert other.hears("begins") == "third", "a job that was done is handed out again"


def test_job_that_raises_is_not_done(desk: Desk) -> None:
    publish(desk.channel, "precious")
    publish(desk.channel, "second")
    with Worker(desk.url, lingers_at="second", fails_at="precious") as worker:
        assert worker.hears("begins") == "precious"
        worker.goes_on_or_fails()
        worker.kill()
        assert desk.comes_true(lambda: not desk.exists(worker.sign_of_life)), "the server has not noticed"

    assert desk.comes_true(lambda: desk.waiting() == 2), "a job has raised, and the server has forgotten it"


def test_job_arrives_as_the_text_that_it_was_and_as_often(desk: Desk) -> None:
    text = "5 \u00b5mol \u2603"
    publish(desk.channel, text)
    publish(desk.channel, text)

    with Worker(desk.url) as worker:
        assert [worker.hears("begins"), worker.hears("begins")] == [text, text]


def test_busy_worker_keeps_no_jobs_from_the_others(desk: Desk) -> None:
    for job in ("first", "second", "third"):
        publish(desk.channel, job)

    with Worker(desk.url, lingers_at="") as busy:
        taken = busy.hears("begins")
        assert desk.waiting() == 2, "one worker has got more than the one job that it is at work on"
        with Worker(desk.url) as other:
            handled = []
            for _ in range(2):
                handled.append(other.hears("begins"))
                other.hears("ends")

    assert {taken, *handled} == {"first", "second", "third"}


def test_queue_survives_a_restart_of_the_server(desk: Desk) -> None:
    publish(desk.channel, "precious")

    queue = desk.queue()
    # The server refuses to declare a queue again with another durability: so it says which one it has.
    with (
        pika.BlockingConnection(pika.URLParameters(desk.url)) as connection,
        pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused,
    ):
        connection.channel().queue_declare(queue, durable=False)
    assert "'durable'" in str(refused.value), "the queue is not durable"


def test_job_survives_a_restart_of_the_server(desk: Desk) -> None:
    publish(desk.channel, "precious")

    _, properties, _ = desk.channel.basic_get(desk.queue())
    assert properties.delivery_mode == PERSISTENT, (
        "the job is not persistent: a restart of the server loses it"
    )
    assert properties.expiration is None, "the job expires: after a while the server drops it"


def test_queue_of_a_worker_that_came_first_is_the_same(desk: Desk) -> None:
    with Worker(desk.url, tells_when_ready=True) as worker:
        worker.is_ready()
        publish(desk.channel, "a job")

        assert worker.hears("begins") == "a job"


@pytest.mark.usefixtures("limits_are_over")
def test_worker_without_a_job_waits_for_as_long_as_none_comes(desk: Desk) -> None:
    with Worker(desk.url, tells_when_ready=True, impatient=True) as worker:
        worker.is_ready()
        worker.says_nothing_for(IDLE_TURNS)
        publish(desk.channel, "a job")

        assert worker.hears("begins") == "a job"


# -- workers


class Worker:
    """A process that calls `consume`, and tells what it does. Killed at the end, if not before."""

    def __init__(
        self,
        url: str,
        lingers_at: str | None = None,
        fails_at: str | None = None,
        tells_when_ready: bool = False,
        impatient: bool = False,
    ) -> None:
        self.sign_of_life = f"alive-{uuid.uuid4().hex}"  # a queue that goes when the server sees it is dead
        self._messages, end = multiprocessing.Pipe()
        arguments = (url, self.sign_of_life, end, lingers_at, fails_at, tells_when_ready, impatient)
        self._process = multiprocessing.Process(target=run_worker, args=arguments)
        self._process.start()
        end.close()
        self.hears("starts")

    def hears(self, wanted: str) -> Any:
        """Wait until the worker says something; anything else that it says is wrong."""
        if not any(self._messages.poll(TURN_SECONDS) for _ in range(TURNS)):
            pytest.fail("no job comes to the worker")
        try:
            said, what = self._messages.recv()
        except EOFError:
            pytest.fail("a worker has ended by itself")
        if said == "ends" != wanted:
            return self.hears(wanted)
        assert said == wanted, f"a worker {said} {what or ''}"
        return what

    def says_nothing_for(self, turns: int) -> None:
        if any(self._messages.poll(TURN_SECONDS) for _ in range(turns)):
            said, what = self._messages.recv()
            pytest.fail(f"there is no job, and a worker {said} {what or ''}")

    def goes_on_or_fails(self) -> None:
        """Wait until the worker has begun the next job, or has ended because of the last one."""
        if any(self._messages.poll(TURN_SECONDS) for _ in range(TURNS)):
            with contextlib.suppress(EOFError):
                self._messages.recv()

    def is_ready(self) -> None:
        """Wait until the worker waits for jobs; one that does so in an unusual way gets some time instead."""
        if any(self._messages.poll(TURN_SECONDS) for _ in range(TURNS)):
            self.hears("waits")

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self._process.close()
        self._messages.close()


def run_worker(
    url: str,
    sign_of_life: str,
    messages: Any,
    lingers_at: str | None,
    fails_at: str | None,
    tells_when_ready: bool,
    impatient: bool,
) -> None:
    def handle(job: Any) -> None:
        messages.send(("begins", job))
        text = str(job)
        if lingers_at is not None and lingers_at in text:
            messages.recv()  # for ever: killed meanwhile
        if fails_at is not None and fails_at in text:
            raise ValueError("this job fails")
        messages.send(("ends", job))

    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.channel().queue_declare(sign_of_life, exclusive=True)
    channel = connection.channel()
    if impatient:
        shorten(channel, "consume", "inactivity_timeout")
        shorten(connection, "process_data_events", "time_limit")
    if tells_when_ready:
        tell_first_wait(channel, lambda: messages.send(("waits", None)))
    messages.send(("starts", None))
    try:
        consume(channel, handle)
    except BaseException as error:
        messages.send(("fails with", repr(error)))
        raise
    messages.send(("has returned", None))


def tell_first_wait(channel: Any, tell: Callable[[], None]) -> None:
    """Have something called when a channel is first asked for jobs."""
    told = []

    def telling(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if not told:
                told.append(True)
                tell()
            return method(*arguments, **options)

        return call

    for name in ("start_consuming", "consume", "basic_get"):
        setattr(channel, name, telling(getattr(channel, name)))


def shorten(owner: Any, method: str, limit: str) -> None:
    """Let the time be over at once that a method may wait."""
    call = getattr(owner, method)

    def short_call(*arguments: Any, **options: Any) -> Any:
        seconds = options.get(limit)
        if seconds is not None and seconds < SAFE:
            options[limit] = min(seconds, TURN_SECONDS)
        return call(*arguments, **options)

    setattr(owner, method, short_call)
