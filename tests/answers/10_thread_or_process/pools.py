"""Both kinds of Pool, and apply_async."""

import multiprocessing
import multiprocessing.pool
import os


def cores():
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return multiprocessing.cpu_count()


def run(tasks, kind):
    if kind == "io":
        pool = multiprocessing.pool.ThreadPool(max(len(tasks), 1))
    elif kind == "cpu":
        pool = multiprocessing.Pool(cores())
    else:
        raise ValueError(kind)
    results = [pool.apply_async(task) for task in tasks]
    pool.close()
    pool.join()
    return [result.get() for result in results]
