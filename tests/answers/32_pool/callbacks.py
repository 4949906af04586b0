"""Callbacks put results and errors into their places; the pool is closed and joined before they are read."""

from functools import partial
from multiprocessing import Pool, cpu_count


def run(fn, items):
    results, errors = {}, {}
    pool = Pool(cpu_count() + 1)
    for place, item in enumerate(items):
        pool.apply_async(
            fn,
            [item],
            callback=partial(results.__setitem__, place),
            error_callback=partial(errors.__setitem__, place),
        )
    pool.close()
    pool.join()
    return results, errors


def parallel_map(fn, items):
    results, errors = run(fn, items)
    if errors:
        raise errors[min(errors)]
    return [results[place] for place in range(len(results))]


def first_error(fn, items):
    _, errors = run(fn, items)
    return errors[min(errors)] if errors else None
