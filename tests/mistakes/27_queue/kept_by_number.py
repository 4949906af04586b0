"""Keeps the squares by number: one that comes twice has one square only.

expect: stalled
test: test_a_number_that_comes_twice*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, Queue
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
    came: dict[Any, Any] = {}
    while len(came) < len(numbers):
        number, outcome = outcomes.get()
        came[number] = outcome
    for process in processes:
        process.join()
    for queue in (tasks, outcomes):
        queue.close()
        queue.join_thread()
    return squares_of([came[number] for number in numbers])


def work(tasks: Queue[Any], outcomes: Queue[Any]) -> None:
    while (task := tasks.get()) is not END:
        _, number = task
        outcomes.put((number, outcome_of(number)))


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
