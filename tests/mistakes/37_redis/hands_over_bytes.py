"""Hands over the bytes that Redis returns.

expect: failure
test: test_each_job*
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
    mine = f"{TAKEN}{client.client_id()}"
    while not stop.is_set():
        bring_back(client)
        # One command moves the job: there is no moment in which it is in neither list.
        job = client.blmove(WAITING, mine, NAP, "RIGHT", "LEFT")
        if job is not None:
            handle(job)
            client.lrem(mine, 1, job)  # only now: killed before this, the job is still there


def bring_back(client: Any) -> None:
    """Put what killed workers had taken back into the list: the server knows who is connected."""
    lists = [text(name) for name in client.scan_iter(f"{TAKEN}*")]
    if not lists:
        return
    # Asked after the lists: whoever has one was connected before, so that no living worker looks dead.
    connected = {str(each["id"]) for each in client.client_list()}
    for name in lists:
        if name.removeprefix(TAKEN) not in connected:
            while client.lmove(name, WAITING, "RIGHT", "RIGHT") is not None:
                pass


def count(client: Any, name: str) -> int:
    """Add one to the counter `name`, and return its new value."""
    value: int = client.incr(name)  # the server reads, adds and writes in one step
    return value


def text(value: bytes | str) -> str:
    """Give what Redis returns as the text that was sent."""
    return value.decode() if isinstance(value, bytes) else value
