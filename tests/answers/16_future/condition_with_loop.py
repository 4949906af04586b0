"""States under a condition, a loop with a deadline, callbacks reported by the hook for what nobody caught."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Condition
from typing import Any

EMPTY, RESULT, ERROR = "empty", "result", "error"


class InvalidState(RuntimeError):
    pass


class Future:
    def __init__(self) -> None:
        self.changed = Condition()
        self.state = EMPTY
        self.content: Any = None
        self.callbacks: list[Callable[[Future], object]] = []

    def set_result(self, result: Any) -> None:
        self._move(RESULT, result)

    def set_exception(self, error: BaseException) -> None:
        self._move(ERROR, error)

    def _move(self, state: str, content: Any) -> None:
        with self.changed:
            if self.state != EMPTY:
                raise InvalidState(f"has a {self.state} already")
            self.state, self.content = state, content
            self.changed.notify_all()
        # From here on `add_done_callback` leaves the list alone.
        for fn in self.callbacks:
            self._run(fn)
        self.callbacks.clear()

    def _run(self, fn: Callable[[Future], object]) -> None:
        try:
            fn(self)
        except Exception:
            sys.excepthook(*sys.exc_info())

    def result(self, timeout: float | None = None) -> Any:
        deadline = None if timeout is None else time.monotonic() + timeout
        with self.changed:
            while self.state == EMPTY:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"still empty after {timeout} seconds")
                self.changed.wait(left)
            if self.state == ERROR:
                raise self.content
            return self.content

    def done(self) -> bool:
        return self.state != EMPTY

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        with self.changed:
            if self.state == EMPTY:
                self.callbacks.append(fn)
                return
        self._run(fn)
