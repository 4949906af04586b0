"""Leaves the pool open.

expect: leaked-pool, leaked-process
test: test_results_come_in_order
"""

import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool


POOLS = []


def run(tasks, kind):
    if kind == "io":
        with ThreadPoolExecutor(len(tasks) or 1) as executor:
            futures = [executor.submit(task) for task in tasks]
        return [future.result() for future in futures]
    if kind != "cpu":
        raise ValueError(kind)
    pool = Pool(len(os.sched_getaffinity(0)))
    POOLS.append(pool)
    results = [pool.apply_async(task) for task in tasks]
    for result in results:
        result.wait()
    return [result.get() for result in results]
