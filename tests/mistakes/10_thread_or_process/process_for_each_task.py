"""Starts a process for each task, however many there are.

expect: failure
test: test_there_are_no_more*
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError(kind)
    if not tasks:
        return []
    if kind == "io":
        executor = ThreadPoolExecutor(len(tasks))
    else:
        executor = ProcessPoolExecutor(len(tasks))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
