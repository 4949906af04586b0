"""Waits for the others for half a minute, and writes anyway.

expect: failure, race
test: test_who_is_inside_is_waited_for*
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, get_ident


class ReadWriteLock:
    """Many readers at a time, or one writer and nobody else; waiting writers go first."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers: set[int] = set()
        self._writing = False
        self._waiting_writers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let others read too, and nobody write."""
        with self._changed:
            self._changed.wait_for(self._may_read)
            self._readers.add(get_ident())
        try:
            yield
        finally:
            with self._changed:
                self._readers.remove(get_ident())
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else in."""
        with self._changed:
            if get_ident() in self._readers:
                raise RuntimeError("a thread that reads cannot write: it would wait for itself")
            self._waiting_writers += 1
            self._changed.wait_for(self._may_write, timeout=30)
            self._waiting_writers -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _may_read(self) -> bool:
        return not self._writing and not self._waiting_writers

    def _may_write(self) -> bool:
        return not self._writing and not self._readers
