"""Names the loop's variable in a lambda: all threads see its last value.

expect: failure
test: test_results_come_in_the_order*
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

    threads = []
    for place, job in enumerate(jobs):
        threads.append(threading.Thread(target=lambda: run(place, job)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return results
