"""Runs one task after the other, in one other process or thread.

expect: stalled
test: test_tasks_that_wait*
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    if kind == "io":
        executor = ThreadPoolExecutor(1)
    else:
        executor = ProcessPoolExecutor(1)
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
