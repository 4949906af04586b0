"""Takes an RLock, so a factory that calls `get` is called again and again until Python gives up.

expect: failure
test: test_a_factory_that_calls_get*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.RLock()
        self._made = False
        self._object: object = None

    def get(self) -> object:
        with self._lock:
            if not self._made:
                self._object = self._factory()
                self._made = True
            return self._object
