"""Makes a pool of no workers when there are no tasks.

expect: failure
test: test_no_tasks*
"""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if kind == "io":
        executor = ThreadPoolExecutor(len(tasks))
    else:
        executor = ProcessPoolExecutor(min(len(tasks), len(os.sched_getaffinity(0))))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
