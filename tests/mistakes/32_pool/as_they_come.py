"""Returns the results in the order in which the jobs ended.

expect: failure
test: test_results_come_in_order_even*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        return list(pool.imap_unordered(fn, items))


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

