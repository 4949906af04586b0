"""Two conditions on one lock: one writer or all readers are called, whoever is next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ReadWriteLock:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._for_readers = threading.Condition(self._lock)
        self._for_writers = threading.Condition(self._lock)
        self._state = 0  # readers inside, or -1 for a writer
        self._writers_waiting = 0
        self._names: dict[int, int] = {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._lock:
            while self._state < 0 or self._writers_waiting > 0:
                self._for_readers.wait()
            self._state += 1
            self._names[me] = self._names.get(me, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._state -= 1
                del self._names[me]
                if self._state == 0:
                    self._for_writers.notify()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._lock:
            if threading.get_ident() in self._names:
                raise RuntimeError("cannot upgrade")
            self._writers_waiting += 1
            try:
                while self._state != 0:
                    self._for_writers.wait()
                self._state = -1
            finally:
                self._writers_waiting -= 1
        try:
            yield
        finally:
            with self._lock:
                self._state = 0
                if self._writers_waiting:
                    self._for_writers.notify()
                else:
                    self._for_readers.notify_all()
