"""Odd seats take the right fork first, even ones the left."""

from threading import Lock


class Table:
    def __init__(self, seats):
        self.forks = [Lock() for _ in range(seats)]

    def dine(self, seat, bite):
        left = self.forks[seat]
        right = self.forks[(seat + 1) % len(self.forks)]
        first, second = (right, left) if seat % 2 else (left, right)
        first.acquire()
        second.acquire()
        try:
            bite()
        finally:
            second.release()
            first.release()
