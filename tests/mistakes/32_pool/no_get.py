"""Lets a callback collect the results, and never calls `get`: exceptions are lost.

expect: lost-exception
test: test_exception*
"""

from multiprocessing import Pool, cpu_count


def parallel_map(fn, items):
    results = {}
    with Pool(cpu_count() + 1) as pool:
        for place, item in enumerate(items):
            pool.apply_async(fn, (item,), callback=lambda result, place=place: results.update({place: result}))
        pool.close()
        pool.join()
    return [results[place] for place in sorted(results)]


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

