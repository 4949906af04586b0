"""Calls run instead of start: the jobs run in the caller.

expect: failure
test: test_jobs_do_not_run_in_the_thread_of_the_caller
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
        thread.run()
    if errors:
        raise errors[min(errors)]
    return results
