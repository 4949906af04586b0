"""Puts a None behind the last square.

expect: failure
test: test_each_number_gives*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
        self.results.put(None)
