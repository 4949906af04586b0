"""Jobs for processes: functions that can be imported, since a spawned process imports what it is to run."""

from __future__ import annotations

import os
import time
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path


def succeed() -> None:
    pass


def fail() -> None:
    raise ValueError("this job always fails")


def leave_name(folder: Path) -> None:
    """Leave a file with the number of the process that has done the job."""
    (folder / str(os.getpid())).touch()


def meet(all_are_here: Barrier) -> None:
    """Wait, for ever, until everybody is here."""
    all_are_here.wait()


def wait_for(event: Event) -> None:
    event.wait()


def wait_and_fail(event: Event) -> None:
    event.wait()
    time.sleep(0.1)  # for the other one to end
    raise ValueError("this job ends last, and fails")


def announce(event: Event) -> None:
    event.set()


def announce_later(event: Event) -> None:
    time.sleep(0.3)
    event.set()
