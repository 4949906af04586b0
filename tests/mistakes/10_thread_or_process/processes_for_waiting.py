"""Waits in processes, each of which costs as much as a Python.

expect: failure, stalled
test: test_tasks_that_wait*
"""

from concurrent.futures import ProcessPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    executor = ProcessPoolExecutor(len(tasks))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
