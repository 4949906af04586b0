"""Each one who leaves takes itself off the count: the slow ones sleep on.

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
            index = self._come
            self._come += 1
            if self._come == self._parties:
                self._changed.notify_all()
            while self._come < self._parties and not self._broken:
                self._changed.wait()
            self._come -= 1
            if self._broken:
                raise BrokenBarrier
            return index

    def abort(self):
        with self._changed:
            self._broken = True
            self._changed.notify_all()
