"""An executor; each future is handled in the main process as soon as it is done."""

import os
from concurrent.futures import ProcessPoolExecutor, as_completed


def fetch_all(urls, fetch, on_page, on_error):
    errors = []
    pages = 0
    with ProcessPoolExecutor(os.cpu_count() + 1) as executor:
        for future in as_completed([executor.submit(fetch, url) for url in urls]):
            error = future.exception()
            try:
                if error is None:
                    pages += 1
                    on_page(future.result())
                else:
                    on_error(error)
            except Exception as raised:
                errors.append(raised)
    if errors:
        raise errors[0]
    return pages
