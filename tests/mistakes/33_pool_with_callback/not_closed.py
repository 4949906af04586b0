"""Waits for the results, but leaves the pool open.

expect: leaked-pool
test: test_each_page*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    failures = []

    def carefully(callback):
        def call(argument):
            try:
                callback(argument)
            except Exception as error:
                failures.append(error)

        return call

    pool = Pool(cpu_count() + 1)
    handles = [
        pool.apply_async(fetch, (url,), callback=carefully(on_page), error_callback=carefully(on_error))
        for url in urls
    ]
    for handle in handles:
        handle.wait()
        count += handle.successful()
    if failures:
        raise failures[0]
    return count
