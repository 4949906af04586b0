"""Looks whether it may come in before it takes the lock.

expect: race
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
        while self._writing or self._waiting:
            with self._changed:
                if self._writing or self._waiting:
                    self._changed.wait()
        with self._changed:
            self._readers += 1
            self._names.add(get_ident())
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
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
