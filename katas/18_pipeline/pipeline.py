"""Kata 18: an assembly line: each stage works in threads of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    """Send each item of `source` through all stages, and give the results in the order of the items.

    Each stage is a function of one item; so many `workers`, threads, call it.
    Between the stages are bounded queues, so that nobody runs far ahead. The first
    error, of a stage or of the source, is raised where its item would have come,
    and stops all threads. So does `close()` of the iterator.
    """
    # TODO: a thread that feeds, threads for each stage, queues in between.
    # TODO: how do they learn that no more will come? And that nobody wants any more?
    raise NotImplementedError("TODO: build the line")
