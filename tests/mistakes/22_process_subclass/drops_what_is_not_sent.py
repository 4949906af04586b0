"""Does not let the queue send what it holds: the process may end before its items are on their way.

expect: failure
test: test_it_ends_only*
"""

import os
from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
        os._exit(0)
