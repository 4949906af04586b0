"""Puts one list of all squares.

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
        self.results.put([number * number for number in self.numbers])
