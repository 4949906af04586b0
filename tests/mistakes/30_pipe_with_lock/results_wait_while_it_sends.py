"""The results go through a pipe, too, and nobody reads it before all items have been sent.

expect: full-pipe, deadlock-cycle
test: test_great_items_and*
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import Lock, Pipe, Process, SimpleQueue
from multiprocessing.connection import Connection
from multiprocessing.queues import SimpleQueue as SimpleQueueType
from multiprocessing.synchronize import Lock as LockType
from typing import Any

Outcome = tuple[Any, "Exception | None"]


def fan_out(items: Sequence[Any], workers: int, handle: Callable[[Any], Any]) -> list[Any]:
    """Return `handle(item)` for each item, in order, called by so many consumer processes."""
    receiver, sender = Pipe(duplex=False)
    outcomes: SimpleQueueType[tuple[int, Outcome]] = SimpleQueue()
    work = (receiver, sender, Lock(), outcomes, handle)
    consumers = [Process(target=consume, args=work) for _ in range(workers)]
    for consumer in consumers:
        consumer.start()
    receiver.close()  # the consumers have copies; if all of them die, `send` learns of it
    with sender:
        for numbered in enumerate(items):
            sender.send(numbered)
    came = dict(outcomes.get() for _ in items)
    for consumer in consumers:
        consumer.join()
    outcomes.close()
    return results_of([came[place] for place in range(len(items))])


def consume(
    receiver: Connection,
    sender: Connection,
    turn: LockType,
    outcomes: SimpleQueueType[tuple[int, Outcome]],
    handle: Callable[[Any], Any],
) -> None:
    sender.close()  # else this consumer, and all others, would wait for the end for ever
    while (numbered := receive(receiver, turn)) is not None:
        place, item = numbered
        outcomes.put((place, outcome_of(handle, item)))
    receiver.close()


def receive(receiver: Connection, turn: LockType) -> tuple[int, Any] | None:
    # A message is read in pieces: first its length, then the rest. The lock covers them all,
    # and no more: while this one works on its item, the next one reads. `with` gives it back
    # at the end of the pipe, too.
    with turn:
        try:
            numbered: tuple[int, Any] = receiver.recv()
        except EOFError:
            return None
    return numbered


def outcome_of(handle: Callable[[Any], Any], item: Any) -> Outcome:
    try:
        return handle(item), None
    except Exception as error:
        return None, error


def results_of(outcomes: list[Outcome]) -> list[Any]:
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]
