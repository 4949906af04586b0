"""Without a timeout it waits for a minute.

expect: failure, race
test: test_a_result_is_waited_for*
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition, Lock
from typing import Any

logger = logging.getLogger(__name__)


class InvalidState(Exception):
    """The future has its result, or its exception, already."""


class Future:
    """A place for one result or one exception, to be filled once and read by anybody."""

    def __init__(self) -> None:
        self._filled = Condition(Lock())
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future], object]] = []

    def set_result(self, result: Any) -> None:
        """Fill it with a result. InvalidState when it is filled already."""
        self._fill(result, None)

    def set_exception(self, error: BaseException) -> None:
        """Fill it with an exception. InvalidState when it is filled already."""
        self._fill(None, error)

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it is filled; return the result, or raise the exception."""
        with self._filled:
            if not self._filled.wait_for(lambda: self._done, 60 if timeout is None else timeout):
                raise TimeoutError(f"no result within {timeout} s")
        if self._error is not None:
            raise self._error
        return self._result

    def done(self) -> bool:
        """Tell whether it is filled."""
        with self._filled:
            return self._done

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        """Have `fn(future)` called once it is filled; at once, when it is."""
        with self._filled:
            if not self._done:
                self._callbacks.append(fn)
                return
        self._call(fn)

    def _fill(self, result: Any, error: BaseException | None) -> None:
        with self._filled:
            if self._done:
                raise InvalidState("this future is filled already")
            self._result, self._error, self._done = result, error, True
            callbacks, self._callbacks = self._callbacks, []
            self._filled.notify_all()
        for fn in callbacks:
            self._call(fn)

    def _call(self, fn: Callable[[Future], object]) -> None:
        try:
            fn(self)
        except Exception:
            logger.exception("a callback of a future failed: %r", fn)
