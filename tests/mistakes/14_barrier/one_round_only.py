"""Counts and never begins anew: from the second round on everybody walks through.

expect: race
test: test_nobody_laps*
"""

from threading import Condition


class BrokenBarrier(Exception):
    pass


class Barrier:
    def __init__(self, parties):
        self._parties = parties
        self._come = 0
        self._round = 0
        self._broken = False
        self._changed = Condition()

    def wait(self):
        with self._changed:
            if self._broken:
                raise BrokenBarrier
            index = self._come
            self._come += 1
            if self._come >= self._parties:
                self._changed.notify_all()
            while self._come < self._parties and not self._broken:
                self._changed.wait()
            if self._broken:
                raise BrokenBarrier
            return index

    def abort(self):
        with self._changed:
            self._broken = True
            self._changed.notify_all()
