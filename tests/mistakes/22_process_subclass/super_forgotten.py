"""Forgets to make itself a process: super().__init__() is not called.

expect: failure
test: test_the_work_is_done_in_a_process_of_its_own
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        self.numbers = list(numbers)
        self.results = results

    def run(self):
        for number in self.numbers:
            self.results.put(number * number)
