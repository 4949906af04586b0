"""A manager keeps the errors; the queue is bounded."""

from __future__ import annotations

import multiprocessing as mp


def process_orders(orders, workers, handle) -> None:
    queue = mp.JoinableQueue(maxsize=workers)
    with mp.Manager() as manager:
        errors = manager.dict()
        processes = []
        for number in range(workers):
            process = mp.Process(target=worker, args=(queue, errors, handle), name=f"worker {number}")
            process.start()
            processes.append(process)
        for place, order in enumerate(orders):
            queue.put((place, order))
        queue.join()
        for _ in processes:
            queue.put(None)
        for process in processes:
            process.join()
        queue.close()
        queue.join_thread()
        found = dict(errors)
    for place in sorted(found):
        raise found[place]


def worker(queue, errors, handle):
    for place, order in iter(queue.get, None):
        serve(place, order, errors, handle)
        queue.task_done()


def serve(place, order, errors, handle):
    try:
        handle(order)
    except BaseException as error:
        errors[place] = error
