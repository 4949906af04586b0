"""Asks for each result in the loop that hands over the jobs: one at a time.

expect: stalled
test: test_two_jobs*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    results = []
    pool = Pool(cpu_count() + 1)
    try:
        for item in items:
            handle = pool.apply_async(fn, (item,))
            results.append(handle.get())
    finally:
        pool.close()
        pool.join()
    return results


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

