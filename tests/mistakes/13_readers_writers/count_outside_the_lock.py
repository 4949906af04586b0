"""Counts the readers outside the lock: a lost update lets a writer in, or keeps it out for ever.

expect: race, stalled
test: test_a_reader_sees_a_change_whole_or_not_at_all
"""

from contextlib import contextmanager
from threading import Condition, get_ident


class ReadWriteLock:
    def __init__(self):
        self._changed = Condition()
        self._readers = 0
        self._names = set()
        self._writing = False
        self._waiting = 0

    @contextmanager
    def reading(self):
        with self._changed:
            while self._writing or self._waiting:
                self._changed.wait()
            self._names.add(get_ident())
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            with self._changed:
                self._names.remove(get_ident())
                self._changed.notify_all()

    @contextmanager
    def writing(self):
        with self._changed:
            if get_ident() in self._names:
                raise RuntimeError("no upgrade")
            self._waiting += 1
            while self._writing or self._readers:
                self._changed.wait()
            self._waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
