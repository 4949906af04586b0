"""Work for a supervisor's children: functions of a line, on which they tell the test something, and of an event.

Each says first who it is. When a line ends, the child has ended, and whom it has started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event, Lock
from pathlib import Path
from types import FrameType

from pytest_sensei.dojo import stillness

TURNS = 1000  # at most
TURN_SECONDS = 0.01
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


def counts(line: Connection, event: Event) -> None:
    """From the event on, count turns until terminated, and tell how many they were."""
    turns = 0

    def tell(_number: int, _frame: FrameType | None) -> None:
        line.send(turns)
        sys.exit()

    signal.signal(signal.SIGTERM, tell)
    line.send(os.getpid())
    event.wait()
    while turns < TURNS:
        time.sleep(TURN_SECONDS)
        turns += 1


def parent(line: Connection, never: Event, event: Event) -> None:
    """Start a process that ignores SIGTERM, and work on with it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a process is born with it, however it is started
    child = multiprocessing.Process(target=never.wait, name="grandchild")
    child.start()
    signal.signal(signal.SIGTERM, before)
    line.send(os.getpid())
    never.wait()


def leaves_a_program(line: Connection, event: Event) -> None:
    """Start a program that holds the line, and end properly without it."""
    program = [sys.executable, "-S", "-c", f"import time; time.sleep({A_WHILE})"]
    subprocess.Popen(program, pass_fds=[line.fileno()])
    line.send(os.getpid())
    event.wait()
