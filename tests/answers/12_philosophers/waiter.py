"""A waiter lets one fewer sit down than there are forks: somebody always finds two."""

import threading


class Table:
    def __init__(self, seats):
        self.forks = [threading.Lock() for _ in range(seats)]
        self.waiter = threading.Semaphore(seats - 1)

    def dine(self, seat, bite):
        with self.waiter, self.forks[seat], self.forks[(seat + 1) % len(self.forks)]:
            bite()
