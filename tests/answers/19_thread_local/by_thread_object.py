"""A weak dictionary by thread object, under a lock: an ended thread takes its values with it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any


class Context:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: weakref.WeakKeyDictionary[threading.Thread, dict[str, Any]] = (
            weakref.WeakKeyDictionary()
        )

    def _swap(self, values: dict[str, Any] | None) -> dict[str, Any] | None:
        with self._lock:
            before = self._threads.pop(threading.current_thread(), None)
            if values is not None:
                self._threads[threading.current_thread()] = values
        return before

    def set(self, **values: Any) -> None:
        with self._lock:
            self._threads.setdefault(threading.current_thread(), {}).update(values)

    def get(self, name: str) -> Any:
        with self._lock:
            return self._threads.get(threading.current_thread(), {})[name]

    def copy(self) -> Snapshot:
        with self._lock:
            return Snapshot(self, dict(self._threads.get(threading.current_thread(), {})))


class Snapshot:
    def __init__(self, context: Context, values: dict[str, Any]) -> None:
        self.context, self.values = context, values

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        before = self.context._swap(dict(self.values))
        try:
            return fn(*args)
        finally:
            self.context._swap(before)
