"""Calls the function here, and sends its result to the worker.

expect: failure
test: test_jobs_run*
"""

from multiprocessing import Pool, cpu_count


def run(result):
    return result


def parallel_map(fn, items):
    with Pool(cpu_count() + 1) as pool:
        return pool.map(run, [fn(item) for item in items])


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

