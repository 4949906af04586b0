"""Kata 28: a queue that knows which of its orders have been dealt with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import JoinableQueue, Process, Queue
from typing import Any

END = None  # orders go as pairs with their place, so this is none of them


def process_orders(orders: Sequence[Any], workers: int, handle: Callable[[Any], object]) -> None:
    """Call `handle(order)` for each order, in so many worker processes, and return when all is done."""
    counter: JoinableQueue[Any] = JoinableQueue()
    reports: Queue[dict[int, Exception]] = Queue()
    team = [Process(target=work, args=(counter, reports, handle)) for _ in range(workers)]
    for worker in team:
        worker.start()
    for order in enumerate(orders):
        counter.put(order)
    counter.join()  # waits for as many task_done() as there were put()
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
        except Exception as error:
            errors[place] = error
        finally:
            counter.task_done()  # an order that has failed has been dealt with, too
    reports.put(errors)
