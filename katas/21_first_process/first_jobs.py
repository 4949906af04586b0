"""Jobs for processes: functions that can be imported, since a spawned process imports what it is to run."""

from __future__ import annotations

import os
import signal
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from pytest_sensei.dojo import stillness


def succeed() -> None:
    pass


def fail() -> None:
    raise ValueError("this job always fails")


def leave_with(code: int, caller: int) -> None:
    """End with an exit code of one's own; not the caller, if that is where the job runs."""
    spare(caller)
    os._exit(code)


def die(caller: int) -> None:
    spare(caller)
    os.kill(os.getpid(), signal.SIGKILL)


def spare(caller: int) -> None:
    if os.getpid() == caller:
        raise RuntimeError("a job has run in the process of the caller")


def leave_name(folder: Path) -> None:
    """Leave a file with the number of the process that has done the job."""
    (folder / str(os.getpid())).touch()


def meet(all_are_here: Barrier) -> None:
    """Wait, for ever, until everybody is here."""
    all_are_here.wait()


def wait_for(event: Event) -> None:
    event.wait()


def leave(line: SimpleQueue[int]) -> None:
    """Tell who it is, and end."""
    line.put(os.getpid())


def leave_and_fail(line: SimpleQueue[int]) -> None:
    leave(line)
    fail()


def stay_behind(line: SimpleQueue[int], caller: int) -> None:
    """End after the one who leaves, and not before the caller waits for somebody else."""
    stillness.until_ended(line.get())
    stillness.until_asleep(caller)


def stay_behind_and_fail(line: SimpleQueue[int], caller: int) -> None:
    stay_behind(line, caller)
    fail()


def announce_later(event: Event, caller: int) -> None:
    """Set the event when the caller waits."""
    stillness.until_asleep(caller)
    event.set()
