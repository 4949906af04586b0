"""`first_error` raises the exception instead of returning it.

expect: failure
test: test_first_error_is_returned*
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from multiprocessing.pool import AsyncResult
from typing import Any


def parallel_map(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Call `fn` for each item in a pool of processes, and return the results in the order of the items."""
    return [handle.get() for handle in run_all(fn, items)]


def first_error(fn: Callable[[Any], Any], items: Iterable[Any]) -> Exception | None:
    """Call `fn` for each item likewise, and return the first exception in the order of the items, if any."""
    for error in [error_of(handle) for handle in run_all(fn, items)]:
        if error is not None:
            raise error
    return None


def run_all(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[AsyncResult[Any]]:
    """Call `fn` for each item, and return the handles when all calls have ended."""
    # One worker for each core, and one more to use the core of a worker that waits for its disk.
    with multiprocessing.Pool((os.cpu_count() or 1) + 1) as pool:
        handles = [pool.apply_async(fn, (item,)) for item in items]  # all handed over before the first get
        pool.close()  # no more work will come: a worker that finds none may go
        pool.join()  # and here all of them have gone, so all calls have ended
    return handles


def error_of(handle: AsyncResult[Any]) -> Exception | None:
    try:
        handle.get()
    except Exception as error:
        return error
    return None
