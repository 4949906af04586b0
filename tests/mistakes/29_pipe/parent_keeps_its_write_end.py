"""The caller keeps its own copy of the end that the child writes to.

expect: no-eof
test: test_what_is_sent_arrives
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
    items = receive_all(receiver)
    receiver.close()
    child.join()
    if items and isinstance(items[-1], Failed):
        raise items[-1].error
    if child.exitcode != 0:
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
