"""Keeps the numbers as they come: a generator cannot be sent to a spawned process.

expect: failure
test: test_numbers_may_come*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = numbers
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
