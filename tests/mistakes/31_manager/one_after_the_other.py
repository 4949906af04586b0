"""Starts and joins each process in turn.

expect: failure
test: test_the_processes_work*
"""

from __future__ import annotations

import multiprocessing


def count(texts, counts, lock):
    for text in texts:
        for word in text.split():
            with lock:
                counts[word] = counts.get(word, 0) + 1


def tally(texts, workers):
    with multiprocessing.Manager() as manager:
        counts = manager.dict()
        lock = manager.Lock()
        ps = [multiprocessing.Process(target=count, args=(texts[n::workers], counts, lock)) for n in range(workers)]
        for p in ps:
            p.start()
            p.join()
        return dict(counts)
