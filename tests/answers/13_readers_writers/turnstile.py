"""A turnstile and plain locks: the first reader takes the room, the last one gives it back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ReadWriteLock:
    def __init__(self) -> None:
        self._turnstile = threading.Lock()  # a waiting writer holds it, so new readers stand in line
        self._room = threading.Lock()  # taken by one thread, given back by another
        self._counting = threading.Lock()
        self._readers = 0
        self._mine = threading.local()

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._turnstile, self._counting:
            self._readers += 1
            if self._readers == 1:
                self._room.acquire()
        self._mine.reading = True
        try:
            yield
        finally:
            self._mine.reading = False
            with self._counting:
                self._readers -= 1
                if self._readers == 0:
                    self._room.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        if getattr(self._mine, "reading", False):
            raise RuntimeError("no upgrade")
        with self._turnstile, self._room:
            yield
