"""Raises RuntimeError whenever the object is being made, also in a thread that only came too early.

expect: race
test: test_two_threads_that_ask_at_once*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.RLock()
        self._making = False
        self._made = False
        self._object: object = None

    def get(self) -> object:
        if self._making:
            raise RuntimeError("the factory asked for itself")
        with self._lock:
            if not self._made:
                self._making = True
                try:
                    self._object = self._factory()
                finally:
                    self._making = False
                self._made = True
            return self._object
