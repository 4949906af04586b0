"""Raises the exception that came first, of whichever task.

expect: failure
test: test_the_exception_of_the_first*
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import Any


def run(tasks: list[Callable[[], Any]], kind: str) -> list[Any]:
    """Run the tasks at the same time, and return their results in order."""
    if kind not in {"io", "cpu"}:
        raise ValueError(f'the kind is "io" or "cpu", not {kind!r}')
    if not tasks:
        return []
    with _executor(kind, len(tasks)) as executor:  # at the end of the block all tasks have ended
        futures = [executor.submit(task) for task in tasks]
        failed = [f for f in as_completed(futures) if f.exception()]
    if failed:
        raise failed[0].exception()
    return [f.result() for f in futures]


def _executor(kind: str, tasks: int) -> Executor:
    if kind == "io":
        return ThreadPoolExecutor(tasks)  # a thread that waits needs no core
    # The start method is asked for now: the default may have been changed since the import.
    return ProcessPoolExecutor(min(tasks, _usable_cores()), multiprocessing.get_context())


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))  # less than the machine has, perhaps: containers, taskset
    return os.cpu_count() or 1
