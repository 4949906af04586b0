"""Tells the queue twice that an order is done.

expect: lost-exception, failure
test: test_no_worker_dies*
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
    errors: dict[int, Exception] = {}
    for _ in team:
        errors.update(reports.get())
    for worker in team:
        worker.join()
    for queue in (counter, reports):
        queue.close()
        queue.join_thread()
    if errors:
        raise errors[min(errors)]


def work(
    counter: JoinableQueue[Any], reports: Queue[dict[int, Exception]], handle: Callable[[Any], object]
) -> None:
    errors: dict[int, Exception] = {}
    while (numbered := counter.get()) is not END:
        place, order = numbered
        try:
            handle(order)
            counter.task_done()
        except Exception as error:
            errors[place] = error
        finally:
            counter.task_done()
    reports.put(errors)
