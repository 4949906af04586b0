"""Waits until all results are there, not until the threads have ended.

expect: race, failure, leaked-thread
test: test_no_thread_is_left*
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all jobs at once, and return their results in the order of `jobs`."""
    results: list[Any] = [None] * len(jobs)
    errors: dict[int, BaseException] = {}
    done = threading.Semaphore(0)

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            results[place] = job()
        except BaseException as error:
            errors[place] = error
        done.release()

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for _ in threads:
        done.acquire()
    if errors:
        raise errors[min(errors)]
    return results
