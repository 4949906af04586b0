"""One lock for all: no two readers are ever inside together.

expect: stalled, deadlock-cycle
test: test_two_readers_are*
"""

from contextlib import contextmanager
from threading import Lock


class ReadWriteLock:
    def __init__(self):
        self._lock = Lock()

    @contextmanager
    def reading(self):
        with self._lock:
            yield

    @contextmanager
    def writing(self):
        if self._lock.locked():
            raise RuntimeError("no upgrade")
        with self._lock:
            yield
