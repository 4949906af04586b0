"""Prints how long it took.

expect: failure
test: test_nothing_is_printed
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
        futures = [executor.submit(task) for task in tasks]
    print(f"{len(tasks)} tasks done")
    return [future.result() for future in futures]
