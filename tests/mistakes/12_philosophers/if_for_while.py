"""Asks once whether the forks are free, and after the waiting no more.

expect: race
test: test_who_is_woken*
"""

import threading


class Table:
    def __init__(self, seats):
        self.c = threading.Condition()
        self.used = set()
        self.n = seats

    def dine(self, seat, bite):
        mine = {seat, (seat + 1) % self.n}
        with self.c:
            if self.used & mine:
                self.c.wait()
            self.used |= mine
        try:
            bite()
        finally:
            with self.c:
                self.used -= mine
                self.c.notify_all()
