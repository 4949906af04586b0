"""Returns the exception that came first in time.

expect: failure
test: test_first_error_is_the_first*
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
        try:
            pool.map(fn, items)
        except Exception as error:
            return error
    return None
