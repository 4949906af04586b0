"""Reads reports until their queue looks empty: one may still be on its way.

expect: failure
test: test_*
"""

from __future__ import annotations

import multiprocessing as mp


def work(queue, reports, handle):
    while True:
        job = queue.get()
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
    errors = {}
    while not reports.empty():
        place, error = reports.get()
        if error is not None:
            errors[place] = error
    for _ in team:
        queue.put(None)
    for p in team:
        p.join()
    queue.close()
    reports.close()
    queue.join_thread()
    reports.join_thread()
    if errors:
        raise errors[min(errors)]
