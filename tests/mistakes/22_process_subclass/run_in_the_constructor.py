"""Calls run in the constructor: the squares are put by the caller, and then once more by the process.

expect: failure
test: test_the_work_is_done*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results
        self.run()

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
