"""Computes all squares in the constructor, in the parent, and only puts them in the child.

expect: failure
test: test_the_squares_are_computed*
"""

from multiprocessing import Process


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__()
        self._squares = [n * n for n in numbers]
        self._results = results

    def run(self):
        for s in self._squares:
            self._results.put(s)
