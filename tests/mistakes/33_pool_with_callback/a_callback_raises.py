"""Gives the callbacks to the pool as they are: one that raises ends the thread that takes in the results.

expect: stalled
test: test_all_callbacks_run_when_one*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0

    def page_has_come(page):
        nonlocal count
        count += 1
        on_page(page)

    with Pool(cpu_count() + 1) as pool:
        for url in urls:
            pool.apply_async(fetch, (url,), callback=page_has_come, error_callback=on_error)
        pool.close()
        pool.join()
    return count
