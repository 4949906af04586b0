"""States under a condition: no lock is held while the factory runs, those who come meanwhile sleep."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

NOTHING = object()


class Once:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory
        self.object: Any = NOTHING
        self.maker: threading.Thread | None = None
        self.changed = threading.Condition()

    def get(self) -> Any:
        with self.changed:
            if self.maker is threading.current_thread():
                raise RuntimeError("the factory asked for what it is making")
            while self.maker is not None:
                self.changed.wait()
            if self.object is not NOTHING:
                return self.object
            self.maker = threading.current_thread()
        made = NOTHING
        try:
            made = self.factory()
            return made
        finally:
            with self.changed:
                self.object, self.maker = made, None
                self.changed.notify_all()
