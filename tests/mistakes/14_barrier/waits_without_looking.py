"""Waits once without asking why: the wake-up call came before.

expect: stalled, race
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
        with self._changed:
            if index != self._parties - 1:
                self._changed.wait()
            if self._round == mine:
                raise BrokenBarrier
            return index

    def abort(self):
        with self._changed:
            self._broken = True
            self._changed.notify_all()
