"""Producers for the tests: what a child process may do with its end of the pipe."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from typing import Any

from pytest_sensei.dojo import stillness


def send_all(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)


def send_and_close(connection: Connection, *items: Any) -> None:
    for item in items:
        connection.send(item)
    connection.close()


def close_and_stay(connection: Connection, caller: int) -> None:
    """Tell who it is, close its end, and end when the caller waits for that."""
    send_and_close(connection, os.getpid())
    stillness.until_asleep(caller)


def send_much(connection: Connection, count: int) -> None:
    for _ in range(count):
        connection.send(bytes(300_000))  # a pipe has room for 64 kB


def send_whether_it_can_receive(connection: Connection) -> None:
    connection.send((os.getpid(), connection.readable, connection.writable))


def count_descriptors(connection: Connection) -> None:
    """Tell how many descriptors of this pipe the child has: its own one, and which others?"""
    mine = os.fstat(connection.fileno())
    connection.send(sum(same_file(mine, descriptor) for descriptor in range(256)))


def same_file(mine: os.stat_result, descriptor: int) -> bool:
    try:
        return os.path.samestat(mine, os.fstat(descriptor))
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
