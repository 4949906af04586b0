"""Keeps the forks on the class: two tables share them.

expect: stalled, deadlock-cycle
test: test_two_tables*
"""

import threading


class Table:
    f = [threading.Lock() for _ in range(5)]

    def __init__(self, seats):
        self.n = seats

    def dine(self, seat, bite):
        i, j = sorted((seat, (seat + 1) % self.n))
        with self.f[i], self.f[j]:
            bite()
