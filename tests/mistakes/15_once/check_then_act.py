"""Looks whether the object is there, then makes it, with nothing to keep another thread out.

expect: race
test: test_two_threads_that_ask_at_once*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._made = False
        self._object: object = None
        self._maker: int | None = None

    def get(self) -> object:
        if self._maker == threading.get_ident():
            raise RuntimeError("the factory asked for itself")
        if not self._made:
            self._maker = threading.get_ident()
            try:
                self._object = self._factory()
            finally:
                self._maker = None
            self._made = True
        return self._object
