"""Counts cores that this process may not use.

expect: failure
test: test_a_core_that*
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
        executor = ProcessPoolExecutor(min(len(tasks), os.cpu_count()))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
