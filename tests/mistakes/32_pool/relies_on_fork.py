"""Leaves the function in a global, which only forked workers inherit.

expect: failure
test: test_it_works_however*
"""

from multiprocessing import Pool, cpu_count

task = None


def call_task(item):
    return task(item)


def parallel_map(fn, items):
    global task
    task = fn
    with Pool(cpu_count() + 1) as pool:
        return pool.map(call_task, items)


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

