"""Two phases as in the standard library, filling and draining: the next round waits for the old to drain."""

from __future__ import annotations

import threading

FILLING, DRAINING, BROKEN = "filling", "draining", "broken"


class BrokenBarrier(Exception):
    pass


class Barrier:
    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._inside = 0
        self._phase = FILLING
        self._condition = threading.Condition(threading.Lock())

    def wait(self) -> int:
        with self._condition:
            while self._phase == DRAINING:
                self._condition.wait()
            self._check()
            index = self._inside
            self._inside += 1
            try:
                if self._inside == self._parties:
                    self._phase = DRAINING
                    self._condition.notify_all()
                while self._phase == FILLING:
                    self._condition.wait()
                self._check()
                return index
            finally:
                self._inside -= 1
                if self._inside == 0 and self._phase == DRAINING:
                    self._phase = FILLING
                    self._condition.notify_all()

    def abort(self) -> None:
        with self._condition:
            self._phase = BROKEN
            self._condition.notify_all()

    def _check(self) -> None:
        if self._phase == BROKEN:
            raise BrokenBarrier
