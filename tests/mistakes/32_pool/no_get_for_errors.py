"""Expects the exception where the job is handed over, and never calls `get`.

expect: lost-exception
test: test_first_error_is*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fn, (item,)) for item in items]
        pool.close()
        pool.join()
    return [handle.get() for handle in handles]


def first_error(fn, items):
    with Pool(cpu_count() + 1) as pool:
        for item in items:
            try:
                pool.apply_async(fn, (item,))
            except Exception as error:
                return error
        pool.close()
        pool.join()
    return None
