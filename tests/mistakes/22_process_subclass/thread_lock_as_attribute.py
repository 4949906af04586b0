"""Keeps a lock between threads as an attribute: a spawned process cannot get it.

expect: failure
test: test_it_can_be_started*
"""

import threading
from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results
        self.lock = threading.Lock()

    def run(self):
        with self.lock:
            for number in self.numbers:
                self.results.put(number * number)
