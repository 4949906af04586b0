"""Uses `apply`, which waits for each result before the next job is handed over.

expect: stalled
test: test_two_jobs*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        return [pool.apply(fn, (item,)) for item in items]


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

