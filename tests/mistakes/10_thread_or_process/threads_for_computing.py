"""Computes in threads, which take turns.

expect: failure
test: test_tasks_that_compute*
"""

from concurrent.futures import ThreadPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    executor = ThreadPoolExecutor(len(tasks))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
