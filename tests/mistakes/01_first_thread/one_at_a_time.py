"""Starts and joins in one loop: each job begins when the one before has ended.

expect: stalled
test: test_all_jobs_run_at_the_same_time
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = [None] * len(jobs)
    errors: dict[int, BaseException] = {}

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            results[place] = job()
        except BaseException as error:
            errors[place] = error

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
        thread.join()
    if errors:
        raise errors[min(errors)]
    return results
