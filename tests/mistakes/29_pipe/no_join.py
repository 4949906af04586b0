"""Reads all and returns, without waiting for the child to end.

expect: leaked-process, zombie, failure
test: test_the_child_has_ended*
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import Pipe, Process
from typing import Any


class Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error


def collect(producer: Callable[..., object], *args: Any) -> list[Any]:
    receiver, sender = Pipe(duplex=False)
    child = Process(target=produce, args=(receiver, sender, producer, args))
    child.start()
    sender.close()
    items = receive_all(receiver)
    receiver.close()
    if items and isinstance(items[-1], Failed):
        raise items[-1].error
    if child.exitcode:
        raise RuntimeError(f"exit code {child.exitcode}")
    return items


def receive_all(receiver: Any) -> list[Any]:
    items = []
    while True:
        try:
            items.append(receiver.recv())
        except EOFError:
            return items


def produce(receiver: Any, sender: Any, producer: Callable[..., object], args: tuple[Any, ...]) -> None:
    receiver.close()
    try:
        producer(sender, *args)
    except Exception as error:
        sender.send(Failed(error))
    sender.close()
