"""Splits at each single blank.

expect: failure
test: test_words_are*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import MutableMapping, Sequence
from contextlib import AbstractContextManager


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
    texts: Sequence[str], counts: MutableMapping[str, int], lock: AbstractContextManager[object]
) -> None:
    for text in texts:
        for word in text.split(" "):
            # One message reads, another one writes. Each is safe by itself; both together need the lock.
            with lock:
                counts[word] = counts.get(word, 0) + 1
