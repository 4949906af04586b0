"""Gives the callbacks to the pool as they are, and waits for each result.

expect: stalled
test: test_all_callbacks_run_when_one*
"""

from multiprocessing import Pool, cpu_count


def fetch_all(urls, fetch, on_page, on_error):
    count = 0
    with Pool(cpu_count() + 1) as pool:
        handles = [pool.apply_async(fetch, (url,), callback=on_page, error_callback=on_error) for url in urls]
        for handle in handles:
            try:
                handle.get()
                count += 1
            except Exception:
                pass
        pool.close()
        pool.join()
    return count
