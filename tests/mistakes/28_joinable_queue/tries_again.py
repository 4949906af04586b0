"""Handles an order that has failed once more.

expect: failure
test: test_an_exception_is_raised*
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
            try:
                handle(order)
            except Exception:
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
    for _ in orders:
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
