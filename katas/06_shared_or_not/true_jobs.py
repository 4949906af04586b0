"""Jobs for processes: functions that can be imported, since a spawned process imports what it is to run."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pytest_sensei.dojo import stillness


def give(result: object) -> object:
    return result


def leave_name(folder: Path) -> bool:
    """Leave a file with the number of the process that has done the job."""
    (folder / str(os.getpid())).touch()
    return True


def leave_name_later(folder: Path) -> bool:
    time.sleep(0.1)
    return leave_name(folder)


def fail(message: str) -> None:
    raise KeyError(message)


def fail_when_all_rest(message: str, caller: int) -> None:
    """Fail when the others have done what they can, and have ended or wait."""
    stillness.until_all_asleep(caller)
    fail(message)
