"""Raises out of the block of the pool, which drops all jobs that have not ended.

expect: failure
test: test_all_jobs*raised
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fn, (item,)) for item in items]
        return [handle.get() for handle in handles]


def first_error(fn, items):
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fn, (item,)) for item in items]
        pool.close()
        pool.join()
    for handle in handles:
        try:
            handle.get()
        except Exception as error:
            return error
    return None

