"""Takes the numbers for a set: they lose their order, and each other.

expect: failure
test: test_each_number_gives*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = set(numbers)
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
