"""Calls the callback where it should hand it over: it gets something that is no page.

expect: failure
test: test_pages_are_fetched_in_other_processes
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    with Pool(cpu_count() + 1) as pool:
        for url in urls:
            try:
                handle = pool.apply_async(fetch, (url,), callback=on_page(fetch(url)))
                handle.wait()
                count += 1
            except Exception as error:
                on_error(error)
        pool.close()
        pool.join()
    return count
