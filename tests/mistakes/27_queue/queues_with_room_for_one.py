"""Has room for one in each queue, and puts all numbers before it reads anything.

expect: stalled, deadlock-cycle
test: test_squares_come*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, Queue
from typing import Any

END = None


def square_all(numbers: Sequence[Any], workers: int = 2) -> list[Any]:
    if workers < 1:
        raise ValueError(f"at least one worker is needed, not {workers}")
    tasks: Queue[Any] = Queue(1)
    outcomes: Queue[Any] = Queue(1)
    processes = [Process(target=work, args=(tasks, outcomes)) for _ in range(workers)]
    for process in processes:
        process.start()
    for task in enumerate(numbers):
        tasks.put(task)
    for _ in processes:
        tasks.put(END)
    came = dict(outcomes.get() for _ in numbers)
    for process in processes:
        process.join()
    for queue in (tasks, outcomes):
        queue.close()
        queue.join_thread()
    return squares_of([came[place] for place in range(len(numbers))])


def work(tasks: Queue[Any], outcomes: Queue[Any]) -> None:
    while (task := tasks.get()) is not END:
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
