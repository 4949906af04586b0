"""Goes home when no job has come for a second.

expect: failure
test: test_worker_without_a_job*
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

QUEUE = "jobs"
PERSISTENT = 2  # delivery mode: written to the disk


def publish(channel: Any, job: str) -> None:
    """Add a job to the queue; `channel` is pika's, of a `BlockingConnection`."""
    import pika

    channel.queue_declare(QUEUE, durable=True)  # makes sure that it is there, whoever comes first
    properties = pika.BasicProperties(delivery_mode=PERSISTENT)
    channel.basic_publish("", QUEUE, job.encode(), properties)


def consume(channel: Any, handle: Callable[[str], object]) -> None:
    """Call `handle(job)` for one job after the other, for ever."""
    channel.queue_declare(QUEUE, durable=True)
    channel.basic_qos(prefetch_count=1)  # one job that is not done yet, and no more
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=1):
        if method is None:
            break
        handle(body.decode())
        channel.basic_ack(method.delivery_tag)
