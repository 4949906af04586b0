"""Fetches the whole source before it begins.

expect: failure, race
test: test_the_error_of_the_source_is_raised_where_its_item_would_have_come
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    def through_all(item: Any) -> Any:
        for stage in stages:
            item = stage(item)
        return item

    with ThreadPoolExecutor(workers * len(stages)) as pool:
        for future in [pool.submit(through_all, item) for item in source]:
            yield future.result()
