"""Waits two seconds for the lock of the manager, and counts then, whether it has got it or not.

expect: failure
test: test_each_waits*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import MutableMapping, Sequence
from typing import Any


def tally(texts: Sequence[str], workers: int) -> dict[str, int]:
    """Count the words of all texts, as `str.split` finds them, in so many worker processes."""
    with multiprocessing.Manager() as manager:  # a process that holds the dict; it ends with the block
        counts = manager.dict()
        lock = manager.Lock()
        processes = [
            multiprocessing.Process(target=count, args=(texts[number::workers], counts, lock))
            for number in range(workers)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        return dict(counts)  # a copy, for the original ends with its manager


def count(
    texts: Sequence[str], counts: MutableMapping[str, int], lock: Any
) -> None:
    for text in texts:
        for word in text.split():
            # One message reads, another one writes. Each is safe by itself; both together need the lock.
            mine = lock.acquire(True, 2)
            counts[word] = counts.get(word, 0) + 1
            if mine:
                lock.release()
