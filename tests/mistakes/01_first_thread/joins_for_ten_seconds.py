"""Waits for each thread for ten seconds: no job will take longer.

expect: failure, leaked-thread, race
test: test_jobs_are_waited_for*
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all jobs at once, and return their results in the order of `jobs`."""
    results: list[Any] = [None] * len(jobs)
    errors: dict[int, BaseException] = {}

    def run(place: int, job: Callable[[], Any]) -> None:
        # A thread's return value goes nowhere, and its exception no further than the thread:
        # both are put where the caller finds them. Each thread has a place of its own there.
        try:
            results[place] = job()
        except BaseException as error:
            errors[place] = error

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:  # a second loop: join waits, and all should be running by then
        thread.join(10)
    if errors:
        raise errors[min(errors)]
    return results
