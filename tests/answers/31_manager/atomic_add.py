"""A manager with a class of its own: `add` is one message, so it is one piece."""

import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.managers import BaseManager


class Counts:
    def __init__(self):
        self.counts = {}
        self.lock = threading.Lock()  # the manager's process has a thread for each client

    def add(self, word):
        with self.lock:
            self.counts[word] = self.counts.get(word, 0) + 1

    def all(self):
        return dict(self.counts)


class CountsManager(BaseManager):
    pass


CountsManager.register("Counts", Counts)


def count(counts, text):
    for word in text.split():
        counts.add(word)


def tally(texts, workers):
    with CountsManager() as manager:
        counts = manager.Counts()
        with ProcessPoolExecutor(workers) as executor:
            for future in [executor.submit(count, counts, text) for text in texts]:
                future.result()
        return counts.all()
