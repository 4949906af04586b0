"""Remembers the exception as if it were the object: nobody may try again.

expect: failure
test: test_after_an_exception*
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
        self._error: BaseException | None = None

    def get(self) -> object:
        with self._lock:
            if self._making:
                raise RuntimeError("the factory asked for itself")
            if not self._made:
                self._making = True
                try:
                    self._object = self._factory()
                except BaseException as error:
                    self._error = error
                finally:
                    self._making = False
                self._made = True
            if self._error is not None:
                raise self._error
            return self._object
