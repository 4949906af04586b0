"""Keeps a lambda as an attribute: a spawned process cannot get it.

expect: failure
test: test_it_can_be_started*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results
        self.square = lambda n: n * n

    def run(self):
        for number in self.numbers:
            self.results.put(self.square(number))
