"""Terminates the pool instead of closing it, and then waits for the results.

expect: stalled
test: test_it_works_however*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    pool = Pool(cpu_count() + 1)
    handles = [pool.apply_async(fn, (item,)) for item in items]
    pool.terminate()
    pool.join()
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

