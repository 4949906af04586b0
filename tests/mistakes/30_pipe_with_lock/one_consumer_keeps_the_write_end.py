"""All consumers but one close their copy of the write end.

expect: no-eof
test: test_an_item_is_handled
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import Lock, Pipe, Process, Queue
from typing import Any


def fan_out(items: Sequence[Any], workers: int, handle: Callable[[Any], Any]) -> list[Any]:
    receiver, sender = Pipe(duplex=False)
    outcomes: Queue[Any] = Queue()
    turn = Lock()
    consumers = [
        Process(target=consume, args=(number, receiver, sender, turn, outcomes, handle))
        for number in range(workers)
    ]
    for consumer in consumers:
        consumer.start()
    receiver.close()
    for numbered in enumerate(items):
        sender.send(numbered)
    sender.close()
    came = dict(outcomes.get() for _ in items)
    for consumer in consumers:
        consumer.join()
    outcomes.close()
    outcomes.join_thread()
    return results_of([came[place] for place in range(len(items))])


def consume(
    number: int, receiver: Any, sender: Any, turn: Any, outcomes: Any, handle: Callable[[Any], Any]
) -> None:
    if number > 0:
        sender.close()
    while True:
        with turn:
            try:
                place, item = receiver.recv()
            except EOFError:
                break
        outcomes.put((place, outcome_of(handle, item)))
    receiver.close()


def outcome_of(handle: Callable[[Any], Any], item: Any) -> tuple[Any, Exception | None]:
    try:
        return handle(item), None
    except Exception as error:
        return None, error


def results_of(outcomes: list[tuple[Any, Exception | None]]) -> list[Any]:
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]
