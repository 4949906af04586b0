"""Hands over the bytes of the message.

expect: failure
test: test_job_that_was_published*
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

    def on_job(channel: Any, method: Any, properties: Any, body: bytes) -> None:  # noqa: ARG001 - pika's signature
        handle(body)
        channel.basic_ack(method.delivery_tag)  # only now: killed before this, it is handed out again

    channel.queue_declare(QUEUE, durable=True)
    channel.basic_qos(prefetch_count=1)  # one job that is not done yet, and no more
    channel.basic_consume(QUEUE, on_job)
    channel.start_consuming()
