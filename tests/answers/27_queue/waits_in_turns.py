"""Waits half a second for each task and each outcome, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Process, Queue
from queue import Empty
from typing import Any

END = None


def square_all(numbers: Sequence[Any], workers: int = 2) -> list[Any]:
    if workers < 1:
        raise ValueError(f"at least one worker is needed, not {workers}")
    tasks: Queue[Any] = Queue()
    outcomes: Queue[Any] = Queue()
    processes = [Process(target=work, args=(tasks, outcomes)) for _ in range(workers)]
    for process in processes:
        process.start()
    for task in enumerate(numbers):
        tasks.put(task)
    for _ in processes:
        tasks.put(END)
    came = dict(next_of(outcomes) for _ in numbers)
    for process in processes:
        process.join()
    for queue in (tasks, outcomes):
        queue.close()
        queue.join_thread()
    return squares_of([came[place] for place in range(len(numbers))])


def work(tasks: Queue[Any], outcomes: Queue[Any]) -> None:
    while (task := next_of(tasks)) is not END:
        place, number = task
        outcomes.put((place, outcome_of(number)))


def outcome_of(number: Any) -> tuple[Any, Exception | None]:
    try:
        return number * number, None
    except Exception as error:
        return None, error


def squares_of(outcomes: list[tuple[Any, Exception | None]]) -> list[Any]:
    for _, error in outcomes:
        if error is not None:
            raise error
    return [square for square, _ in outcomes]


def next_of(queue: Queue[Any]) -> Any:
    while True:
        with suppress(Empty):
            return queue.get(timeout=0.5)
