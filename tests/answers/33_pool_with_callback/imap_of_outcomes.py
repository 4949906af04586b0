"""Workers return outcomes, pages or exceptions, which come as they are ready."""

import functools
import multiprocessing


def outcome(fetch, url):
    try:
        return True, fetch(url)
    except Exception as error:
        return False, error


def fetch_all(urls, fetch, on_page, on_error):
    raised = []
    pages = 0
    with multiprocessing.Pool(multiprocessing.cpu_count() + 1) as pool:
        for good, value in pool.imap_unordered(functools.partial(outcome, fetch), urls):
            pages += good
            try:
                (on_page if good else on_error)(value)
            except Exception as error:
                raised.append(error)
        pool.close()
        pool.join()
    for error in raised:
        raise error
    return pages
