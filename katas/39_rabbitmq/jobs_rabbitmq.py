"""Jobs in RabbitMQ: handed out one at a time, and kept until they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def publish(channel: Any, job: str) -> None:
    """Add a job to the queue; `channel` is pika's, of a `BlockingConnection`."""
    # TODO: a queue and a message that survive a restart of the server
    raise NotImplementedError("publish is still to be written")


def consume(channel: Any, handle: Callable[[str], object]) -> None:
    """Call `handle(job)` for one job after the other, for ever."""
    # TODO: one at a time; acknowledged when it is done
    raise NotImplementedError("consume is still to be written")
