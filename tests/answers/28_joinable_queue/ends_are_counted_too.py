"""End marks are tasks like others, so one `join` at the end waits for everything; outcomes one by one."""

from __future__ import annotations

from multiprocessing import JoinableQueue, Process, Queue


def process_orders(orders, workers, handle):
    orders = list(orders)
    queue = JoinableQueue()
    outcomes = Queue()
    processes = [Process(target=_work, args=(queue, outcomes, handle)) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        for i in range(len(orders)):
            queue.put((i, orders[i]))
        for _ in range(workers):
            queue.put("no more")
        results = [outcomes.get() for _ in orders]
        queue.join()
    finally:
        for process in processes:
            process.join()
        queue.close()
        outcomes.close()
    failed = [result for result in results if result[1] is not None]
    if failed:
        raise min(failed, key=lambda result: result[0])[1]


def _work(queue, outcomes, handle):
    while True:
        task = queue.get()
        if task == "no more":
            queue.task_done()
            break
        outcomes.put((task[0], _outcome(handle, task[1])))
        queue.task_done()


def _outcome(handle, order):
    try:
        handle(order)
    except Exception as error:
        return error
    return None
