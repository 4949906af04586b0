"""A plain lock for everything, and the maker's identity to notice a factory that comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Once:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._maker: int | None = None
        self._found: list[Any] = []

    def get(self) -> Any:
        # No lock is needed for this look: only this thread itself could have written its own identity.
        if self._maker == threading.get_ident():
            raise RuntimeError("the factory asked for what it is making")
        with self._lock:
            if not self._found:
                self._maker = threading.get_ident()
                try:
                    self._found.append(self._factory())
                finally:
                    self._maker = None
            return self._found[0]
