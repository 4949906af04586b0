"""Bound to one context: it is spawned whatever the default is; a daemon, too."""

from multiprocessing import get_context

SpawnProcess = get_context("spawn").Process


class Squarer(SpawnProcess):
    def __init__(self, numbers, results):
        SpawnProcess.__init__(self, daemon=True)
        self.results = results
        self.numbers = [*numbers]

    def run(self):
        for square in (pow(n, 2) for n in self.numbers):
            self.results.put(square, block=True, timeout=None)
        self.results.close()
        self.results.join_thread()
