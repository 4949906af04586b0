"""Takes an empty page for none.

expect: failure
test: test_an_empty_page*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    failures = []

    def carefully(callback):
        def call(argument):
            try:
                callback(argument)
            except Exception as error:
                failures.append(error)

        return call

    with Pool(cpu_count() + 1) as pool:
        handles = [
            pool.apply_async(fetch, (url,), callback=carefully(on_page), error_callback=carefully(on_error))
            for url in urls
        ]
        pool.close()
        pool.join()
    if failures:
        raise failures[0]
    return sum(1 for handle in handles if handle.successful() and handle.get())
