"""Sends each worker its numbers: they are copied, twice.

expect: failure
test: test_the_numbers_are_in_shared*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.sharedctypes import Synchronized

DOUBLE = 8  # bytes


def parallel_sum(array: Sequence[float], workers: int) -> float:
    """Add up the numbers in so many processes, which find them in shared memory."""
    if not len(array):
        return 0.0  # a block must not be empty
    return add_in_processes(array, len(array), workers)


def add_in_processes(array: Sequence[float], count: int, workers: int) -> float:
    total = multiprocessing.Value("d", 0.0)
    edges = [count * number // workers for number in range(workers + 1)]
    processes = [
        multiprocessing.Process(target=add_part, args=(array[edges[number] : edges[number + 1]], total))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return float(total.value)


def add_part(numbers: Sequence[float], total: Synchronized[float]) -> None:
    part = sum(numbers)
    with total.get_lock():  # `+=` reads and writes: two steps, one piece
        total.value += part
