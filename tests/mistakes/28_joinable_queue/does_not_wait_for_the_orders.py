"""Does not wait until the orders are done, and ends the workers at once.

expect: failure
test: test_it_returns*
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
    for worker in team:
        worker.terminate()
        worker.join()
    errors: dict[int, Exception] = {}
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
            counter.task_done()
    reports.put(errors)
