"""Counts before it takes the lock: two who come together count as one.

expect: race, stalled
test: test_nobody_passes_before_both_have_come
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
        if self._broken:
            raise BrokenBarrier
        index = self._come
        self._come += 1
        with self._changed:
            mine = self._round
            if self._come == self._parties:
                self._come = 0
                self._round += 1
                self._changed.notify_all()
            while self._round == mine and not self._broken:
                self._changed.wait()
            if self._round == mine:
                raise BrokenBarrier
            return index

    def abort(self):
        with self._changed:
            self._broken = True
            self._changed.notify_all()
