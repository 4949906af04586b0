"""Takes any order that is false for the end mark.

expect: stalled, failure
test: test_any_order*
"""

import multiprocessing as mp


def work(queue, reports, handle):
    while True:
        place, order = queue.get()
        if not order:
            queue.task_done()
            break
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
        queue.put((None, None))
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
