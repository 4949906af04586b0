"""Asks again and again whether all have come.

expect: spinning
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
        with self._changed:
            if self._broken:
                raise BrokenBarrier
            mine = self._round
            index = self._come
            self._come += 1
            if self._come == self._parties:
                self._come = 0
                self._round += 1
                self._changed.notify_all()
        while self._round == mine and not self._broken:
            pass
        with self._changed:
            if self._round == mine:
                raise BrokenBarrier
            return index

    def abort(self):
        with self._changed:
            self._broken = True
            self._changed.notify_all()
