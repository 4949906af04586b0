"""Raises the flag before the object is in its place.

expect: race
test: test_*_threads_that_ask_at_once*
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
        if self._made:
            return self._object
        with self._lock:
            if not self._made:
                self._maker = threading.get_ident()
                self._made = True
                try:
                    self._object = self._factory()
                except BaseException:
                    self._made = False
                    raise
                finally:
                    self._maker = None
            return self._object
