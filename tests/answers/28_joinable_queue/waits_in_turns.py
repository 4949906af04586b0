"""Waits half a second for each order and each report, again and again."""

import multiprocessing as mp
from contextlib import suppress
from queue import Empty


def work(queue, reports, handle):
    while True:
        job = next_of(queue)
        if job is None:
            queue.task_done()
            break
        place, order = job
        try:
            handle(order)
        except Exception as error:
            reports.put((place, error))
        else:
            reports.put((place, None))
        finally:
            queue.task_done()


def process_orders(orders, workers, handle):
    queue, reports = mp.JoinableQueue(), mp.Queue()
    team = [mp.Process(target=work, args=(queue, reports, handle)) for _ in range(workers)]
    for p in team:
        p.start()
    for job in enumerate(orders):
        queue.put(job)
    queue.join()
    for _ in team:
        queue.put(None)
    errors = {}
    for _ in orders:
        place, error = next_of(reports)
        if error is not None:
            errors[place] = error
    for p in team:
        while p.is_alive():
            p.join(0.5)
    queue.close()
    reports.close()
    queue.join_thread()
    reports.join_thread()
    if errors:
        raise errors[min(errors)]


def next_of(queue):
    while True:
        with suppress(Empty):
            return queue.get(timeout=0.5)
