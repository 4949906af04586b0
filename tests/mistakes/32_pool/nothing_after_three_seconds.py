"""Waits three seconds for each result, and takes nothing for a result.

expect: failure
test: test_a_job_may_take_as_long_as_it_takes
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from multiprocessing.pool import AsyncResult
from typing import Any


def parallel_map(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Call `fn` for each item in a pool of processes, and return the results in the order of the items."""
    return [result_of(handle) for handle in run_all(fn, items)]


def result_of(handle: AsyncResult[Any]) -> Any:
    try:
        return handle.get(timeout=3)
    except multiprocessing.TimeoutError:
        return None


def first_error(fn: Callable[[Any], Any], items: Iterable[Any]) -> Exception | None:
    """Call `fn` for each item likewise, and return the first exception in the order of the items, if any."""
    errors = [error_of(handle) for handle in run_all(fn, items)]
    return next((error for error in errors if error is not None), None)


def run_all(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[AsyncResult[Any]]:
    """Call `fn` for each item, and return the handles when all calls have ended."""
    # One worker for each core, and one more to use the core of a worker that waits for its disk.
    pool = multiprocessing.Pool((os.cpu_count() or 1) + 1)
    handles = [pool.apply_async(fn, (item,)) for item in items]  # all handed over before the first get
    for handle in handles:
        handle.wait(3)
    pool.terminate()
    pool.join()
    return handles


def error_of(handle: AsyncResult[Any]) -> Exception | None:
    try:
        handle.get()
    except Exception as error:
        return error
    return None
