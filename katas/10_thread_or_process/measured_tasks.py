"""Tasks: functions that can be imported, since they may be sent to other processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import stillness


def give(result: object) -> object:
    return result


def fail(message: str) -> None:
    raise KeyError(message)


def fail_when_all_rest(message: str, caller: int) -> None:
    """Fail when the others have done what they can, and have ended or wait."""
    if os.getpid() == caller:
        for _ in range(20):  # turns: on a busy machine they take longer, for all threads alike
            time.sleep(0.01)
    stillness.until_all_asleep(caller)
    fail(message)


def wait_a_little() -> None:
    time.sleep(0.05)


def compute_a_little() -> int:
    return sum(n * n for n in range(300_000))


def name_when_met(meeting: Any) -> int:
    """Wait, for ever, until everybody is here; return the number of the process."""
    meeting.wait()
    return os.getpid()


def leave_name_later(folder: Path, caller: int) -> None:
    """Leave a file with the number of the process, once the caller waits for it, or has had time to go on."""
    if os.getpid() == caller:
        for _ in range(20):  # turns: on a busy machine they take longer, for all threads alike
            time.sleep(0.01)
    stillness.until_asleep(caller)
    (folder / str(os.getpid())).touch()


def name_when_nobody_else_comes(folder: Path, allowed: int, caller: int) -> int:
    """Leave a file with the number of the process; wait for others that do, till it is one more than allowed.

    When everybody sleeps, nobody else will come. A process waits at its first task only.
    """
    name = folder / str(os.getpid())
    if not name.exists():
        name.touch()
        stillness.until_all_asleep(caller, unless=lambda: len(list(folder.iterdir())) > allowed)
    return os.getpid()


def processes_on_one_core(folder: Path) -> set[int]:
    """Run tasks in a Python that may use one core only; return which processes have run them."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from thread_or_process import run

    return set(run([partial(name_when_nobody_else_comes, folder, 1, os.getpid())] * 3, "cpu"))


def seconds_for(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
