"""Neither closes nor joins the pool: it returns before anything has been fetched.

expect: leaked-pool, failure
test: test_each_page*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    pages = []

    def page_has_come(page):
        pages.append(page)
        on_page(page)

    pool = Pool(cpu_count() + 1)
    for url in urls:
        pool.apply_async(fetch, (url,), callback=page_has_come, error_callback=on_error)
    return len(pages)
