"""Producers for the tests: what a child process may do with its end of the pipe."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
from multiprocessing import util
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import stillness


def send_all(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)


def send_and_close(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)
    connection.close()


def close_and_stay(connection: Connection, caller: int, file: Path) -> None:
    """Tell who it is, close its end, and when the caller waits for that, leave a file and end."""
    send_and_close(connection, os.getpid())
    stillness.until_asleep(caller)
    file.touch()


def take_long(connection: Connection, caller: int, file: Path) -> None:
    """Send when the caller waits, and leave a file at the very end of the process, when it waits for that."""
    stillness.until_asleep(caller)
    connection.send("late")
    util.Finalize(None, leave_late, (caller, file), exitpriority=0)


def leave_late(caller: int, file: Path) -> None:
    stillness.until_asleep(caller)
    file.touch()


def send_much(connection: Connection, count: int) -> None:
    for _ in range(count):
        connection.send(bytes(300_000))  # a pipe has room for 64 kB


def send_whether_it_can_receive(connection: Connection) -> None:
    connection.send((os.getpid(), connection.readable, connection.writable))


def count_read_ends(connection: Connection) -> None:
    """Tell how many descriptors the child has that this pipe could be read from. For writing it may have two."""
    mine = os.fstat(connection.fileno())
    connection.send(sum(is_read_end(mine, descriptor) for descriptor in range(256)))


def is_read_end(mine: os.stat_result, descriptor: int) -> bool:
    try:
        same_pipe = os.path.samestat(mine, os.fstat(descriptor))
        return same_pipe and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY
    except OSError:  # it is not open
        return False


class OwnError(Exception):
    pass


def fail(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)
    raise OwnError("the producer has failed")


def be_killed(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)
    assert multiprocessing.parent_process() is not None, "the producer runs in the caller's process"
    os.kill(os.getpid(), signal.SIGKILL)
