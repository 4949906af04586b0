"""Raises the exception that came first, not that of the first order.

expect: failure
test: test_of_two*
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import JoinableQueue, Process, Queue
from typing import Any

END = None


def process_orders(orders: Sequence[Any], workers: int, handle: Callable[[Any], object]) -> None:
    counter: JoinableQueue[Any] = JoinableQueue()
    reports: Queue[dict[int, Exception]] = Queue()
    team = [Process(target=work, args=(counter, reports, handle)) for _ in range(workers)]
    for worker in team:
        worker.start()
    for order in enumerate(orders):
        counter.put(order)
    counter.join()
    for _ in team:
        counter.put(END)
    errors: list[Exception] = []
    ended = 0
    while ended < len(team):
        report = reports.get()
        if report is None:
            ended += 1
        else:
            errors.append(report)
    for worker in team:
        worker.join()
    for queue in (counter, reports):
        queue.close()
        queue.join_thread()
    if errors:
        raise errors[0]


def work(
    counter: JoinableQueue[Any], reports: Queue[dict[int, Exception]], handle: Callable[[Any], object]
) -> None:
    while (numbered := counter.get()) is not END:
        place, order = numbered
        try:
            handle(order)
        except Exception as error:
            reports.put(error)
        finally:
            counter.task_done()
    reports.put(None)
