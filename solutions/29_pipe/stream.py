"""Kata 29: what another process sends through a pipe, until it is at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any


def collect(producer: Callable[..., object], *args: Any) -> list[Any]:
    """Run `producer(connection, *args)` in a child process, and return all that it sends."""
    # A second pipe, for the exception: in the first one anything may come, exceptions too.
    items, sender = Pipe(duplex=False)
    errors, error_sender = Pipe(duplex=False)
    child = Process(target=produce, args=(items, errors, sender, error_sender, producer, args))
    with items, errors:
        with sender, error_sender:  # open here until the child has its own copies, and no longer
            child.start()
        received = list(until_end(items))
        failures = list(until_end(errors))
    child.join()  # after reading: a child that waits for room in the pipe does not end
    for error in failures:
        raise error
    if child.exitcode != 0:
        raise RuntimeError(f"the producer ended with exit code {child.exitcode}")
    return received


def until_end(connection: Connection) -> Iterator[Any]:
    with contextlib.suppress(EOFError):
        while True:
            yield connection.recv()


def produce(
    items: Connection,
    errors: Connection,
    sender: Connection,
    error_sender: Connection,
    producer: Callable[..., object],
    args: tuple[Any, ...],
) -> None:
    items.close()  # a copy that came with the fork; while it is open, the sender does not
    errors.close()  # notice that nobody reads any more
    with sender, error_sender:
        try:
            producer(sender, *args)
        except Exception as error:
            error_sender.send(error)
