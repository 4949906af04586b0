"""Takes any other kind for "cpu".

expect: failure
test: test_other_kinds*
"""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def run(tasks, kind):
    if not tasks:
        return []
    if kind == "io":
        executor = ThreadPoolExecutor(len(tasks))
    else:
        executor = ProcessPoolExecutor(min(len(tasks), len(os.sched_getaffinity(0))))
    with executor:
        futures = [executor.submit(task) for task in tasks]
    return [future.result() for future in futures]
