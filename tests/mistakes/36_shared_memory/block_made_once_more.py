"""Each worker makes the block once more instead of opening it; the caller waits for what they would send.

expect: stalled
test: test_all_numbers*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory
from typing import Any

DOUBLE = 8  # bytes


def parallel_sum(array: Sequence[float], workers: int) -> float:
    """Add up the numbers in so many processes, which find them in shared memory."""
    if not len(array):
        return 0.0  # a block must not be empty
    block = SharedMemory(create=True, size=len(array) * DOUBLE)
    try:
        with block.buf[: len(array) * DOUBLE].cast("d") as numbers:  # the block may be greater than asked for
            for place, number in enumerate(array):
                numbers[place] = number
        return add_in_processes(block.name, len(array), workers)
    finally:
        block.close()  # everybody closes, this process too
        block.unlink()  # and who made it removes it, once, when all others have ended


def add_in_processes(name: str, count: int, workers: int) -> float:
    parts: Any = multiprocessing.SimpleQueue()
    edges = [count * number // workers for number in range(workers + 1)]
    processes = [
        multiprocessing.Process(target=add_part, args=(name, edges[number], edges[number + 1], parts))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    total = sum(parts.get() for _ in processes)
    for process in processes:
        process.join()
    parts.close()
    return float(total)


def add_part(name: str, first: int, end: int, parts: Any) -> None:
    block = SharedMemory(name=name, create=True, size=DOUBLE)
    try:
        with block.buf[first * DOUBLE : end * DOUBLE].cast("d") as numbers:  # a view: nothing is copied
            part = sum(numbers)
    finally:
        block.close()
    parts.put(part)
