"""Ends the workers while they wait for an order: the lock of the queue is gone with the first.

expect: abandoned-lock
test: test_*
"""

import multiprocessing as mp


def work(queue, reports, handle):
    while True:
        job = queue.get()
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
    for _ in orders:
        place, error = reports.get()
        if error is not None:
            errors[place] = error
    for p in team:
        p.join(0.2)
        p.terminate()
        p.join()
    queue.close()
    reports.close()
    queue.join_thread()
    reports.join_thread()
    if errors:
        raise errors[min(errors)]
