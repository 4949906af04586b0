"""Wakes the waiting threads when the factory has failed, and hands them what is not there.

expect: race
test: test_nobody_is_left*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._maker: int | None = None
        self._over = threading.Event()
        self._object: object = None

    def get(self) -> object:
        with self._lock:
            if self._maker == threading.get_ident():
                raise RuntimeError("the factory asked for itself")
            first = self._maker is None and not self._over.is_set()
            if first:
                self._maker = threading.get_ident()
            over = self._over
        if not first:
            over.wait()
            return self._object
        try:
            self._object = self._factory()
        except BaseException:
            with self._lock:
                self._maker, self._over = None, threading.Event()
            over.set()
            raise
        over.set()
        self._maker = None
        return self._object
