"""`map` for the results; for the errors handles that are asked one after the other, the pool closed in `finally`."""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    pool = Pool(cpu_count() + 1)
    try:
        return pool.map(fn, items)
    finally:
        pool.close()
        pool.join()


def first_error(fn, items):
    pool = Pool(cpu_count() + 1)
    handles = [pool.apply_async(fn, args=(item,)) for item in items]
    pool.close()
    pool.join()
    try:
        for handle in handles:
            handle.get()
    except Exception as error:
        return error
    return None
