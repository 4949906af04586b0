"""Waits until nobody makes the object, also when it is the maker itself who asks.

expect: stalled
test: test_a_factory_that_calls_get*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._changed = threading.Condition()
        self._making = False
        self._made = False
        self._object: object = None

    def get(self) -> object:
        with self._changed:
            self._changed.wait_for(lambda: not self._making)
            if self._made:
                return self._object
            self._making = True
        try:
            self._object = self._factory()
            self._made = True
        finally:
            with self._changed:
                self._making = False
                self._changed.notify_all()
        return self._object
