"""A pool; each job counts a text by itself, and adds all its counts under a lock of the manager."""

import multiprocessing
from collections import Counter
from functools import partial


def add(counts, lock, text):
    mine = Counter(text.split())
    with lock:
        for word, number in mine.items():
            counts[word] = counts.get(word, 0) + number


def tally(texts, workers):
    manager = multiprocessing.Manager()
    try:
        counts, lock = manager.dict(), manager.Lock()
        with multiprocessing.Pool(workers) as pool:
            pool.map(partial(add, counts, lock), texts)
            pool.close()
            pool.join()
        return counts.copy()
    finally:
        manager.shutdown()
