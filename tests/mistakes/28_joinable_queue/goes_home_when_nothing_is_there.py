"""Workers go home as soon as they find nothing.

expect: stalled, failure
test: test_an_empty_queue*
"""

import multiprocessing as mp
from queue import Empty


def work(queue, reports, handle):
    while True:
        try:
            job = queue.get_nowait()
        except Empty:
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
    for job in enumerate(orders):
        queue.put(job)
    for p in team:
        p.start()
    queue.join()
    errors = {}
    for _ in orders:
        place, error = reports.get()
        if error is not None:
            errors[place] = error
    for p in team:
        p.join()
    queue.close()
    reports.close()
    queue.join_thread()
    reports.join_thread()
    if errors:
        raise errors[min(errors)]
