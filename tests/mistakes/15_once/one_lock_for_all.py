"""Keeps the lock in the class: an object whose factory needs another one waits for itself.

expect: self-deadlock
test: test_a_factory_may_ask_another_once
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    _lock = threading.Lock()

    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._maker: int | None = None
        self._made = False
        self._object: object = None

    def get(self) -> object:
        if self._maker == threading.get_ident():
            raise RuntimeError("the factory asked for itself")
        with self._lock:
            if not self._made:
                self._maker = threading.get_ident()
                try:
                    self._object = self._factory()
                finally:
                    self._maker = None
                self._made = True
            return self._object
