"""Puts the results in the order in which the jobs end.

expect: failure
test: test_results_come_in_order_even_if*
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = []
    errors: dict[int, BaseException] = {}

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            results.append(job())
        except BaseException as error:
            errors[place] = error

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return results
