"""Jobs for processes: functions that can be imported, since a spawned process imports what it is to run."""

from __future__ import annotations

import os
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event, Semaphore
from pathlib import Path

from pytest_sensei.dojo import stillness


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


def come_and_fail(folder: Path, message: str) -> None:
    leave_name(folder)
    fail(message)


def find_room(room: Semaphore, one_too_many: Event, caller: int) -> bool:
    """Return whether there was room; stay until nobody is left who could be let in, too, and find none."""
    if not room.acquire(block=False):
        one_too_many.set()
        return False
    stillness.until_all_asleep(caller, unless=one_too_many.is_set)
    room.release()
    return True


def find_it_empty(room: Semaphore, one_too_many: Event, caller: int) -> bool:
    """Return whether nobody else was here, or could be let in meanwhile; the room has one place."""
    return find_room(room, one_too_many, caller) and not one_too_many.is_set()


def meet(all_are_here: Barrier) -> str:
    """Wait, for ever, until everybody is here."""
    all_are_here.wait()
    return "met"


def wait_for(event: Event, result: object) -> object:
    event.wait()
    return result


def announce(event: Event, result: object) -> object:
    event.set()
    return result


def leave(line: SimpleQueue[int], result: object) -> object:
    """Tell who it is, and end."""
    line.put(os.getpid())
    return result


def leave_and_fail(line: SimpleQueue[int], message: str) -> None:
    line.put(os.getpid())
    raise KeyError(message)


def stay_behind(line: SimpleQueue[int], result: object) -> object:
    """End when the one who leaves has ended."""
    stillness.until_ended(line.get())
    return result


def stay_behind_and_fail(line: SimpleQueue[int], message: str) -> None:
    raise Refused(stay_behind(line, message))
