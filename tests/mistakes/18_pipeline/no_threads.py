"""Sends the items through the stages one by one, in the thread of the reader.

expect: stalled
test: test_*_work_at_the_same_time
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    for item in source:
        for stage in stages:
            item = stage(item)
        yield item
