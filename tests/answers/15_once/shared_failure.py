"""Followers of an attempt that fails get its exception too; only those who come later try again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Once:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._lock = threading.RLock()
        self._future: Future[Any] | None = None
        self._here = threading.local()

    def get(self) -> Any:
        if getattr(self._here, "making", False):
            raise RuntimeError("the factory asked for what it is making")
        with self._lock:
            leader = self._future is None
            if self._future is None:
                self._future = Future()
            future = self._future
        if leader:
            self._lead(future)
        return future.result()

    def _lead(self, future: Future[Any]) -> None:
        self._here.making = True
        try:
            future.set_result(self._factory())
        except BaseException as error:
            with self._lock:
                self._future = None
            future.set_exception(error)
        finally:
            self._here.making = False
