"""Takes the job out of Redis and handles it: killed in between, the job is gone.

expect: failure
test: test_job_*killed*
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WAITING = "jobs"
TAKEN = "jobs:taken:"  # and the identifier of the worker's connection: what it is at work on
NAP = 0.5  # seconds that an idle worker sleeps in the server before it looks at `stop` again


def push(client: Any, job: str) -> None:
    """Add a job to the list; `client` is a `redis.Redis`."""
    client.lpush(WAITING, job)


def work(client: Any, handle: Callable[[str], object], stop: Any) -> None:
    """Call `handle(job)` for one job after the other, until `stop.is_set()`."""
    while not stop.is_set():
        found = client.brpop(WAITING, NAP)
        if found is not None:
            handle(text(found[1]))


def count(client: Any, name: str) -> int:
    """Add one to the counter `name`, and return its new value."""
    value: int = client.incr(name)  # the server reads, adds and writes in one step
    return value


def text(value: bytes | str) -> str:
    """Give what Redis returns as the text that was sent."""
    return value.decode() if isinstance(value, bytes) else value
