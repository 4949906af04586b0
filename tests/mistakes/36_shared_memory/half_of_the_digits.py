"""Stores the numbers as C floats, which keep seven digits.

expect: failure
test: test_the_sum_has*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.sharedctypes import Synchronized

DOUBLE = 4  # bytes


def parallel_sum(array: Sequence[float], workers: int) -> float:
    """Add up the numbers in so many processes, which find them in shared memory."""
    if not len(array):
        return 0.0  # a block must not be empty
    block = SharedMemory(create=True, size=len(array) * DOUBLE)
    try:
        with block.buf[: len(array) * DOUBLE].cast("f") as numbers:  # the block may be greater than asked for
            for place, number in enumerate(array):
                numbers[place] = number
        return add_in_processes(block.name, len(array), workers)
    finally:
        block.close()  # everybody closes, this process too
        block.unlink()  # and who made it removes it, once, when all others have ended


def add_in_processes(name: str, count: int, workers: int) -> float:
    total = multiprocessing.Value("d", 0.0)
    edges = [count * number // workers for number in range(workers + 1)]
    processes = [
        multiprocessing.Process(target=add_part, args=(name, edges[number], edges[number + 1], total))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return float(total.value)


def add_part(name: str, first: int, end: int, total: Synchronized[float]) -> None:
    block = SharedMemory(name=name)
    try:
        with block.buf[first * DOUBLE : end * DOUBLE].cast("f") as numbers:  # a view: nothing is copied
            part = sum(numbers)
    finally:
        block.close()
    with total.get_lock():  # `+=` reads and writes: two steps, one piece
        total.value += part
