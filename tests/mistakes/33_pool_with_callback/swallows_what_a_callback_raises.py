"""Keeps the thread of the pool alive, and tells nobody what the callback raised.

expect: failure
test: test_all_callbacks_run_when_one*
"""

import contextlib
from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    pages = []

    def page_has_come(page):
        pages.append(page)
        with contextlib.suppress(Exception):
            on_page(page)

    def error_has_come(error):
        with contextlib.suppress(Exception):
            on_error(error)

    with Pool(cpu_count() + 1) as pool:
        for url in urls:
            pool.apply_async(fetch, (url,), callback=page_has_come, error_callback=error_has_come)
        pool.close()
        pool.join()
    return len(pages)
