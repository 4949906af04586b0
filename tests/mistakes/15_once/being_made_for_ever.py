"""Leaves the mark "being made" when the factory raises: the next caller waits for a maker that is gone.

expect: stalled
test: test_after_an_exception*
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._changed = threading.Condition()
        self._here = threading.local()
        self._making = False
        self._made = False
        self._object: object = None

    def get(self) -> object:
        if getattr(self._here, "making", False):
            raise RuntimeError("the factory asked for itself")
        with self._changed:
            self._changed.wait_for(lambda: not self._making)
            if self._made:
                return self._object
            self._making = True
        self._here.making = True
        try:
            made = self._factory()
        finally:
            self._here.making = False
        with self._changed:
            self._object, self._made, self._making = made, True, False
            self._changed.notify_all()
        return made
