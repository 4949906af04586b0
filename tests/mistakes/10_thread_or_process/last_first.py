"""Takes the futures from the end of the list, and with them the results.

expect: failure
test: test_results_come*
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
    return [futures.pop().result() for _ in tasks]
