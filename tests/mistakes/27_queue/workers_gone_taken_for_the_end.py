"""Reads squares as long as a worker is alive; what was put last is still in the pipe then.

expect: failure
test: test_squares_are_not_lost*
"""

from __future__ import annotations

import multiprocessing as mp
import queue as queue_module


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
    for _ in range(workers):
        tasks.put(None)
    out = {}
    while any(p.is_alive() for p in ps):
        try:
            i, sq, e = results.get(timeout=0.05)
        except queue_module.Empty:
            continue
        out[i] = (sq, e)
    for p in ps:
        p.join()
    tasks.close()
    results.close()
    tasks.join_thread()
    results.join_thread()
    for i in range(len(numbers)):
        if out[i][1] is not None:
            raise out[i][1]
    return [out[i][0] for i in range(len(numbers))]
