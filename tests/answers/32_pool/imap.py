"""`imap` gives result after result in order, and raises in its place; the pool goes at the end of its block."""

import multiprocessing


def parallel_map(fn, items):
    with multiprocessing.Pool(multiprocessing.cpu_count() + 1) as pool:
        results, error = everything(pool.imap(fn, list(items)))
    if error is not None:
        raise error
    return results


def first_error(fn, items):
    with multiprocessing.Pool(multiprocessing.cpu_count() + 1) as pool:
        return everything(pool.imap(fn, list(items)))[1]


def everything(iterator):
    results, first = [], None
    while True:
        try:
            results.append(next(iterator))
        except StopIteration:  # noqa: PERF203 - the iterator goes on after an exception
            return results, first
        except Exception as error:
            if first is None:
                first = error
