"""Two gates of semaphores: all must be in before anybody leaves, and out before anybody comes in again."""

from __future__ import annotations

from threading import Lock, Semaphore


class BrokenBarrier(Exception):
    pass


class Barrier:
    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._mutex = Lock()
        self._inside = 0
        self._broken = False
        self._entrance = Semaphore(0)
        self._exit = Semaphore(0)

    def wait(self) -> int:
        with self._mutex:
            if self._broken:
                raise BrokenBarrier
            index = self._inside
            self._inside += 1
            if self._inside == self._parties:
                self._entrance.release(self._parties)
        self._pass(self._entrance)
        with self._mutex:
            self._inside -= 1
            if self._inside == 0:
                self._exit.release(self._parties)
        self._pass(self._exit)
        return index

    def abort(self) -> None:
        with self._mutex:
            self._broken = True
            self._entrance.release()
            self._exit.release()

    def _pass(self, gate: Semaphore) -> None:
        gate.acquire()
        if self._broken:
            gate.release()  # the next one is to see it too
            raise BrokenBarrier
