"""Marks instead of locks: wait until both forks are free, and take both at once."""

import threading


class Table:
    def __init__(self, seats):
        self._seats = seats
        self._taken = set()
        self._changed = threading.Condition()

    def dine(self, seat, bite):
        forks = {seat, (seat + 1) % self._seats}
        with self._changed:
            self._changed.wait_for(lambda: not (forks & self._taken))
            self._taken |= forks
        try:
            bite()
        finally:
            with self._changed:
                self._taken -= forks
                self._changed.notify_all()
