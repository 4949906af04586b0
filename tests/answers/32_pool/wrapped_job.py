"""The exception is caught in the worker and comes back as a result, beside its place."""

import functools
import multiprocessing


def parallel_map(fn, items):
    outcomes = run(fn, items)
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]


def first_error(fn, items):
    return next((error for _, error in run(fn, items) if error is not None), None)


def run(fn, items):
    context = multiprocessing.get_context()
    with context.Pool(processes=multiprocessing.cpu_count() + 1, maxtasksperchild=5) as pool:
        places = pool.imap_unordered(functools.partial(outcome, fn), enumerate(items))
        return [rest for _, *rest in sorted(places, key=lambda row: row[0])]


def outcome(fn, numbered):
    number, item = numbered
    try:
        return number, fn(item), None
    except Exception as error:
        return number, None, error
