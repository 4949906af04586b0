"""Tasks: functions that can be imported, since they may be sent to other processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def give(result: object) -> object:
    return result


def fail(message: str) -> None:
    raise KeyError(message)


def wait_a_little() -> None:
    time.sleep(0.05)


def compute_a_little() -> int:
    return sum(n * n for n in range(300_000))


def name_when_met(meeting: Any) -> int:
    """Wait, for ever, until everybody is here; return the number of the process."""
    meeting.wait()
    return os.getpid()


def leave_name_later(folder: Path) -> None:
    time.sleep(0.1)
    (folder / str(os.getpid())).touch()


def name_when_others_had_time(folder: Path, allowed: int) -> int:
    """Leave a file with the number of the process, and give others time to do so, too: one more than allowed.

    The time counts from the first task on, and is long over when most tasks begin.
    """
    begin = folder / "begin"
    if not begin.exists():
        begin.touch()
    (folder / str(os.getpid())).touch()
    deadline = begin.stat().st_mtime + 0.25
    while len(list(folder.iterdir())) - 1 <= allowed and time.time() < deadline:
        time.sleep(0.005)
    return os.getpid()


def processes_on_one_core(folder: Path) -> set[int]:
    """Run tasks in a Python that may use one core only; return which processes have run them."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from thread_or_process import run

    return set(run([partial(name_when_others_had_time, folder, 1)] * 3, "cpu"))


def seconds_for(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
