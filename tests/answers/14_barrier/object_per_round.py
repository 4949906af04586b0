"""Each round is an object of its own with an event; the barrier only points at the current one."""

from __future__ import annotations

import threading


class BrokenBarrier(RuntimeError):
    pass


class _Round:
    def __init__(self) -> None:
        self.come = 0
        self.over = threading.Event()
        self.broken = False


class Barrier:
    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._lock = threading.Lock()
        self._round = _Round()

    def wait(self) -> int:
        with self._lock:
            mine = self._round
            if mine.broken:
                raise BrokenBarrier
            mine.come += 1
            index = mine.come - 1
            if mine.come == self._parties:
                self._round = _Round()
                mine.over.set()
                return index
        mine.over.wait()
        if mine.broken:
            raise BrokenBarrier
        return index

    def abort(self) -> None:
        with self._lock:
            self._round.broken = True
            self._round.over.set()
