"""An event for those who wait, and a lock for the decision: filled or not, callback now or later."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any


class InvalidState(Exception):
    pass


class Future:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._outcome: tuple[Any, BaseException | None] | None = None
        self._callbacks: list[Callable[[Future], object]] = []

    def set_result(self, result: Any) -> None:
        self._set((result, None))

    def set_exception(self, error: BaseException) -> None:
        self._set((None, error))

    def result(self, timeout: float | None = None) -> Any:
        if not self._filled.wait(timeout):
            raise TimeoutError
        assert self._outcome is not None
        result, error = self._outcome
        if error is not None:
            raise error
        return result

    def done(self) -> bool:
        return self._filled.is_set()

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        with self._lock:
            late = self._outcome is not None
            if not late:
                self._callbacks.append(fn)
        if late:
            # The outcome is decided, the event may still be a moment away: who is called finds it set.
            self._filled.wait()
            self._call(fn)

    def _set(self, outcome: tuple[Any, BaseException | None]) -> None:
        with self._lock:
            if self._outcome is not None:
                raise InvalidState
            self._outcome = outcome
        self._filled.set()
        while self._callbacks:  # nobody adds any more
            self._call(self._callbacks.pop(0))

    def _call(self, fn: Callable[[Future], object]) -> None:
        try:
            fn(self)
        except BaseException:
            sys.stderr.write("a callback of a future failed:\n")
            traceback.print_exc()
