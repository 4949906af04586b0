"""Asks for each result before it submits the next task: one runs at a time, however many workers there are.

expect: stalled
test: test_tasks_that_wait*
"""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    if kind == "io":
        executor = ThreadPoolExecutor(len(tasks))
    else:
        executor = ProcessPoolExecutor(min(len(tasks), len(os.sched_getaffinity(0))))
    with executor:
        return [executor.submit(task).result() for task in tasks]
