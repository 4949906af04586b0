"""Waits for each page before it asks for the next.

expect: stalled
test: test_two_pages*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    failures = []
    with Pool(cpu_count() + 1) as pool:
        for url in urls:
            try:
                page = pool.apply(fetch, (url,))
            except Exception as error:
                callback, argument = on_error, error
            else:
                callback, argument = on_page, page
                count += 1
            try:
                callback(argument)
            except Exception as error:
                failures.append(error)
        pool.close()
        pool.join()
    if failures:
        raise failures[0]
    return count
