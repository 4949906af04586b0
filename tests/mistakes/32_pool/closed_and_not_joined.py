"""Closes the pool, waits for the results, and does not wait until the workers have gone.

expect: failure, leaked-thread, leaked-process, leaked-pool
test: test_*
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.pool import ThreadPool


def run_all(fn, items):
    pool = multiprocessing.Pool((os.cpu_count() or 1) + 1)
    if True:
        handles = [pool.apply_async(fn, (item,)) for item in items]
        pool.close()
    [h.wait() for h in handles]
    return handles


def parallel_map(fn, items):
    return [handle.get() for handle in run_all(fn, items)]


def first_error(fn, items):
    for handle in run_all(fn, items):
        try:
            handle.get()
        except Exception as error:
            return error
    return None
