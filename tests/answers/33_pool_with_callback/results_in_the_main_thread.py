"""Handles are asked one after the other, and the callbacks are called in the main thread."""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    failure = None
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fetch, (url,)) for url in urls]
        pool.close()
        pool.join()
    for handle in handles:
        try:
            page = handle.get()
        except Exception as error:
            callback, argument = on_error, error
        else:
            callback, argument = on_page, page
            count += 1
        try:
            callback(argument)
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return count
