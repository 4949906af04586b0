"""Raises as soon as it finds a failed job, while others still run.

expect: leaked-thread, failure
test: test_all_jobs_have_ended_when_the_exception*
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
    for place, thread in enumerate(threads):
        thread.join()
        if place in errors:
            raise errors[place]
    return results
