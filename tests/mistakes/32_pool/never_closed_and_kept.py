"""Makes a pool for each call, keeps it, and never closes it.

expect: leaked-pool
test: test_results*
"""

from multiprocessing import Pool, cpu_count

pools = []


def parallel_map(fn, items):
    pool = Pool(cpu_count() + 1)
    pools.append(pool)
    return pool.map(fn, items)


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

