"""Leaves the lock when the block ends well or with an Exception, but not when it is interrupted.

expect: failure, stalled
test: test_a_block_may_be_left*
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, get_ident


class ReadWriteLock:
    """Many readers at a time, or one writer and nobody else; waiting writers go first."""

    def __init__(self) -> None:
        self._changed = Condition()  # protects all below, and is told of every change
        self._readers: set[int] = set()  # who they are, not how many: an upgrade must be recognised
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
        except Exception:
            self._leave()
            raise
        else:
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._readers.remove(get_ident())
            self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else in."""
        with self._changed:
            if get_ident() in self._readers:
                raise RuntimeError("a thread that reads cannot write: it would wait for itself")
            self._waiting_writers += 1  # from here on new readers wait
            self._changed.wait_for(self._may_write)
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
