"""One end mark that each worker puts back for the next; results counted until all ends were seen."""

from __future__ import annotations

import multiprocessing as mp


def _worker(inbox, outbox):
    while True:
        task = inbox.get()
        if task is None:
            inbox.put(None)
            break
        index, number = task
        try:
            outbox.put((index, number**2, None))
        except Exception as exc:
            outbox.put((index, None, exc))
    outbox.put(None)


def square_all(numbers, workers=2):
    if workers < 1:
        raise ValueError("need a worker")
    inbox = mp.Queue()
    outbox = mp.Queue()
    for task in enumerate(numbers):
        inbox.put(task)
    inbox.put(None)
    procs = [mp.Process(target=_worker, args=(inbox, outbox), daemon=True) for _ in range(workers)]
    [p.start() for p in procs]
    rows = []
    running = len(procs)
    while running:
        row = outbox.get()
        if row is None:
            running -= 1
        else:
            rows.append(row)
    [p.join() for p in procs]
    inbox.close()
    outbox.close()
    rows.sort(key=lambda row: row[0])
    for _, _, exc in rows:
        if exc:
            raise exc
    return [square for _, square, _ in rows]
