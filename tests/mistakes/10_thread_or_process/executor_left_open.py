"""Never shuts the executors down.

expect: leaked-pool, leaked-process, leaked-thread
test: test_results_come_in_order
"""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait

EXECUTORS = []

def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    if kind == "io":
        executor = ThreadPoolExecutor(len(tasks))
    else:
        executor = ProcessPoolExecutor(min(len(tasks), len(os.sched_getaffinity(0))))
    EXECUTORS.append(executor)
    futures = [executor.submit(task) for task in tasks]
    wait(futures)
    return [future.result() for future in futures]
