"""Writes target=job(): the job runs in the caller, and the thread gets its result to call.

expect: failure
test: test_jobs_do_not_run_in_the_thread_of_the_caller
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=results.append(job())) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
