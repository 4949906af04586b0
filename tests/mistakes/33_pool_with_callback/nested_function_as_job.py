"""The job is a function within a function, which cannot travel.

expect: failure
test: test_each_page*
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from typing import Any


def fetch_all(
    urls: Iterable[str],
    fetch: Callable[[str], Any],
    on_page: Callable[[Any], object],
    on_error: Callable[[Exception], object],
) -> int:
    """Call `fetch(url)` for each url in a pool of processes, and return the number of pages."""
    pages: list[Any] = []
    failures: list[Exception] = []

    def fetched(url: str) -> Any:
        return fetch(url)

    def page_has_come(page: Any) -> None:
        pages.append(page)
        carefully(on_page, page)

    def error_has_come(error: BaseException) -> None:
        carefully(on_error, error)

    def carefully(callback: Callable[[Any], object], argument: Any) -> None:
        # This runs in the one thread of the pool that takes in the results. An exception would
        # end it, and nobody would ever hear of any other result.
        try:
            callback(argument)
        except Exception as error:
            failures.append(error)

    with multiprocessing.Pool((os.cpu_count() or 1) + 1) as pool:
        for url in urls:
            pool.apply_async(fetched, (url,), callback=page_has_come, error_callback=error_has_come)
        pool.close()
        pool.join()  # waits for the workers and for that thread, so for all callbacks
    if failures:
        raise failures[0]
    return len(pages)
