"""Keeps the numbers on the class: the second Squarer gets those of the first, too.

expect: failure
test: test_two_of_them*
"""

from multiprocessing import Process


class Squarer(Process):
    numbers = []

    def __init__(self, numbers, results):
        super().__init__()
        self.numbers.extend(numbers)
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
