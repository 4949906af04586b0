"""Stops calling back when a callback has raised.

expect: failure
test: test_all_callbacks_run_when_one*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fetch, (url,)) for url in urls]
        pool.close()
        pool.join()
    for handle in handles:
        try:
            page = handle.get()
        except Exception as error:
            on_error(error)
        else:
            on_page(page)
            count += 1
    return count
