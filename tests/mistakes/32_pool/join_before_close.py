"""Joins the pool without closing it first.

expect: failure
test: test_results*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        results = pool.map(fn, items)
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

