"""Waits a second for the next report, and takes that time's end for the end of all reports.

expect: failure
test: test_orders_and_exceptions*
"""

import multiprocessing as mp
from queue import Empty


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
    for _ in team:
        queue.put(None)
    errors = {}
    while True:
        try:
            place, error = reports.get(timeout=1)
        except Empty:
            break
        if error is not None:
            errors[place] = error
    queue.join()
    for p in team:
        p.join()
    queue.close()
    reports.close()
    queue.join_thread()
    reports.join_thread()
    if errors:
        raise errors[min(errors)]
