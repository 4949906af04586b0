"""Dijkstra's own: thinking, hungry, eating, and a semaphore for each philosopher."""

import threading

THINKING, HUNGRY, EATING = range(3)


class Table:
    def __init__(self, seats):
        self.n = seats
        self.mutex = threading.Lock()
        self.state = [THINKING] * seats
        self.may_eat = [threading.Semaphore(0) for _ in range(seats)]

    def _test(self, i):
        neighbours = {self.state[(i - 1) % self.n], self.state[(i + 1) % self.n]}
        if self.state[i] == HUNGRY and EATING not in neighbours:
            self.state[i] = EATING
            self.may_eat[i].release()

    def dine(self, seat, bite):
        with self.mutex:
            self.state[seat] = HUNGRY
            self._test(seat)
        self.may_eat[seat].acquire()
        try:
            bite()
        finally:
            with self.mutex:
                self.state[seat] = THINKING
                self._test((seat - 1) % self.n)
                self._test((seat + 1) % self.n)
