"""The callbacks of the pool only put the outcome into a queue, and the main thread works it off."""

import queue
from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    outcomes = queue.Queue()
    failures = []
    count = 0
    pool = Pool(cpu_count() + 1)
    try:
        handles = [
            pool.apply_async(
                fetch,
                (url,),
                callback=lambda page: outcomes.put((on_page, page)),
                error_callback=lambda error: outcomes.put((on_error, error)),
            )
            for url in urls
        ]
        for _ in handles:
            callback, argument = outcomes.get()
            count += callback is on_page
            try:
                callback(argument)
            except Exception as error:
                failures.append(error)
    finally:
        pool.close()
        pool.join()
    if failures:
        raise failures[0]
    return count
