"""Hands a function to Process instead of overriding run.

expect: failure
test: test_it_is_a_process*
"""

from multiprocessing import Process


def square_all(numbers, results):
    for number in numbers:
        results.put(number * number)


class Squarer(Process):
    def __init__(self, numbers, results):
        super().__init__(target=square_all, args=(list(numbers), results))
