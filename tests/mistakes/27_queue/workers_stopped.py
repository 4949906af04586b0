"""Terminates the workers when all squares have come, instead of telling them that it is over.

expect: failure
test: test_workers_end_by_themselves
"""

from __future__ import annotations

import multiprocessing as mp


def work(tasks, results):
    while True:
        task = tasks.get()
        if task is None:
            break
        i, n = task
        try:
            results.put((i, n * n, None))
        except Exception as e:
            results.put((i, None, e))


def square_all(numbers, workers=2):
    if workers < 1:
        raise ValueError("workers")
    tasks, results = mp.Queue(), mp.Queue()
    ps = [mp.Process(target=work, args=(tasks, results)) for _ in range(workers)]
    for p in ps:
        p.start()
    for i, n in enumerate(numbers):
        tasks.put((i, n))
    out = {}
    for _ in numbers:
        i, sq, e = results.get()
        out[i] = (sq, e)
    for p in ps:
        p.terminate()
        p.join()
    tasks.close()
    results.close()
    tasks.join_thread()
    results.join_thread()
    for i in range(len(numbers)):
        if out[i][1] is not None:
            raise out[i][1]
    return [out[i][0] for i in range(len(numbers))]
