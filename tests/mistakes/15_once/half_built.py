"""Uses "the object is not there" as the flag, and puts something into its place before it is ready.

expect: race
test: test_*_threads_that_ask_at_once*
"""

from __future__ import annotations

import threading
from collections.abc import Callable

NOTHING = object()


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._lock = threading.RLock()
        self._object: object = NOTHING

    def get(self) -> object:
        if self._object is NOTHING:
            with self._lock:
                if self._object is NOTHING:
                    self._object = None  # so that nobody else begins
                    try:
                        self._object = self._factory()
                    except BaseException:
                        self._object = NOTHING
                        raise
        return self._object
