"""Has no callback for errors: nobody hears of them.

expect: lost-exception
test: test_each_error*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    pages = []
    failures = []

    def page_has_come(page):
        pages.append(page)
        try:
            on_page(page)
        except Exception as error:
            failures.append(error)

    with Pool(cpu_count() + 1) as pool:
        for url in urls:
            pool.apply_async(fetch, (url,), callback=page_has_come)
        pool.close()
        pool.join()
    if failures:
        raise failures[0]
    return len(pages)
