"""Waits at the gate with the mutex in hand, so that nobody else can come.

expect: deadlock-cycle, stalled
test: test_nobody_passes*
"""

from threading import Lock, Semaphore


class BrokenBarrier(Exception):
    pass


class Barrier:
    def __init__(self, parties):
        self._parties = parties
        self._mutex = Lock()
        self._gate = Semaphore(0)
        self._come = 0
        self._broken = False

    def wait(self):
        with self._mutex:
            if self._broken:
                raise BrokenBarrier
            index = self._come
            self._come += 1
            if self._come == self._parties:
                self._come = 0
                self._gate.release(self._parties)
            self._gate.acquire()
            return index

    def abort(self):
        with self._mutex:
            self._broken = True
            self._gate.release()
