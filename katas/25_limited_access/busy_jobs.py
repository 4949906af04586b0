"""Jobs for processes: functions that can be imported, since a spawned process imports what it is to run."""

from __future__ import annotations

import os
import time
from multiprocessing.synchronize import Barrier, Event, Semaphore
from pathlib import Path


class Refused(Exception):
    """Raised by jobs."""


def give(result: object) -> object:
    return result


def fail(message: str) -> None:
    raise Refused(message)


def leave_name(folder: Path) -> int:
    """Leave a file with the number of the process, and return this number."""
    (folder / str(os.getpid())).touch()
    return os.getpid()


def find_room(room: Semaphore, one_too_many: Event) -> bool:
    """Return whether there was room; stay for a while, so that others who are let in find none."""
    if not room.acquire(block=False):
        one_too_many.set()
        return False
    one_too_many.wait(0.25)
    room.release()
    return True


def meet(all_are_here: Barrier) -> str:
    """Wait, for ever, until everybody is here."""
    all_are_here.wait()
    return "met"


def wait_for(event: Event, result: object) -> object:
    event.wait()
    time.sleep(0.1)  # for the other one to end
    return result


def announce(event: Event, result: object) -> object:
    event.set()
    return result


def fail_late(event: Event, message: str) -> None:
    event.wait()
    time.sleep(0.1)  # for the other one to end
    raise Refused(message)


def fail_early(event: Event, message: str) -> None:
    event.set()
    raise KeyError(message)
