"""Runs in the process that called start: start is overridden to call run.

expect: failure
test: test_the_work_is_done*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self.numbers = list(numbers)
        self.results = results

    def start(self):
        self.run()

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
