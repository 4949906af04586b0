"""Keeps the squares on self, in the child: the parent's object never has them.

expect: failure
test: test_each_number_gives*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results
        self.squares = []

    def run(self):
        for number in self.numbers:
            self.squares.append(number * number)

    def join(self, timeout=None):
        super().join(timeout)
        for square in self.squares:
            self.results.put(square)
