"""An executor of processes with its futures."""

import os
from concurrent.futures import ProcessPoolExecutor


def parallel_map(fn, items):
    with ProcessPoolExecutor(max_workers=os.cpu_count() + 1) as executor:
        futures = [executor.submit(fn, item) for item in items]
    return [future.result() for future in futures]


def first_error(fn, items):
    with ProcessPoolExecutor(max_workers=os.cpu_count() + 1) as executor:
        futures = [executor.submit(fn, item) for item in items]
    for future in futures:
        if future.exception() is not None:
            return future.exception()
    return None
