"""Calls the callbacks where the page is fetched, in the worker: a copy of them hears of it.

expect: failure
test: test_each_page*
"""

from multiprocessing import Pool, cpu_count


def work(url, fetch, on_page, on_error):
    try:
        page = fetch(url)
    except Exception as error:
        on_error(error)
        return 0
    on_page(page)
    return 1


def fetch_all(urls, fetch, on_page, on_error):
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(work, (url, fetch, on_page, on_error)) for url in urls]
        pool.close()
        pool.join()
    return sum(handle.get() for handle in handles)
