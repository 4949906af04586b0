"""Keeps the lock for ever when the factory raises.

expect: stalled, self-deadlock
test: test_after_an_exception*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._maker: int | None = None
        self._made = False
        self._object: object = None

    def get(self) -> object:
        if self._maker == threading.get_ident():
            raise RuntimeError("the factory asked for itself")
        self._lock.acquire()
        if not self._made:
            self._maker = threading.get_ident()
            try:
                self._object = self._factory()
            finally:
                self._maker = None
            self._made = True
        self._lock.release()
        return self._object
