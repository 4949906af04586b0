"""Writes target=job(), and has no way for a result to come back.

expect: failure, stalled, lost-exception
test: test_results_come_in_the_order_of_the_jobs
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    threads = [Thread(target=job()) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return threads
