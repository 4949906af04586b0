"""Takes None for "not made yet": a factory that makes None is called each time.

expect: failure
test: test_a_factory_may_make_nothing*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.RLock()
        self._making = False
        self._object: object = None

    def get(self) -> object:
        with self._lock:
            if self._making:
                raise RuntimeError("the factory asked for itself")
            if self._object is None:
                self._making = True
                try:
                    self._object = self._factory()
                finally:
                    self._making = False
            return self._object
