"""Work for a supervisor's children: functions of a line, on which they tell the test something, and of an event.

Each says first who it is. When a line ends, the child has ended, and whom it has started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event, Lock
from pathlib import Path
from types import FrameType

from pytest_sensei.dojo import stillness

A_WHILE = 3  # seconds, for what should have been ended before


def polite(line: Connection, event: Event) -> None:
    """Work until the event is set."""
    line.send(os.getpid())
    event.wait()
    line.send("finished")


def short(line: Connection, event: Event) -> None:
    """Have nothing to do."""
    line.send(os.getpid())


def holds(line: Connection, lock: Lock, caller: int, event: Event) -> None:
    """Hold a lock; when the event is set, take so long to finish that the caller waits for it."""
    with lock:
        line.send(os.getpid())
        event.wait()
        stillness.until_asleep(caller)


def absorbed(line: Connection, event: Event) -> None:
    """Forget about the event; end properly when terminated."""

    def finish(_number: int, _frame: FrameType | None) -> None:
        line.send("terminated")
        sys.exit()

    signal.signal(signal.SIGTERM, finish)
    line.send(os.getpid())
    time.sleep(A_WHILE)


def absorbed_together(line: Connection, folder: Path, others: int, event: Event) -> None:
    """The same, but end only when the others have been terminated, too."""

    def finish(_number: int, _frame: FrameType | None) -> None:
        (folder / str(os.getpid())).touch()
        while len(list(folder.iterdir())) <= others:
            time.sleep(0.01)
        line.send("terminated")
        sys.exit()

    signal.signal(signal.SIGTERM, finish)
    line.send(os.getpid())
    time.sleep(A_WHILE)


def deaf(line: Connection, never: Event, event: Event) -> None:
    """Forget about the event, and ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    line.send(os.getpid())
    never.wait()


def parent(line: Connection, never: Event, event: Event) -> None:
    """Start a process, and work on with it."""
    child = multiprocessing.Process(target=never.wait, name="grandchild")
    child.start()
    line.send(os.getpid())
    never.wait()
