"""Keeps the callbacks in the class: whichever future is filled first calls those of all.

expect: failure
test: test_two_futures*
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

    _callbacks: list[Callable[[Future], object]] = []

    def __init__(self) -> None:
        # A plain Lock under the condition: should a callback ever run while it is held, we would
        # rather be told at once than have it work by the grace of an RLock, and only sometimes.
        self._filled = Condition(Lock())
        self._done = False  # a flag of its own: the result may be None
        self._result: Any = None
        self._error: BaseException | None = None

    def set_result(self, result: Any) -> None:
        """Fill it with a result. InvalidState when it is filled already."""
        self._fill(result, None)

    def set_exception(self, error: BaseException) -> None:
        """Fill it with an exception. InvalidState when it is filled already."""
        self._fill(None, error)

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it is filled; return the result, or raise the exception."""
        with self._filled:
            if not self._filled.wait_for(lambda: self._done, timeout):
                raise TimeoutError(f"no result within {timeout} s")
        # Nothing changes any more: no lock is needed from here on.
        if self._error is not None:
            raise self._error
        return self._result

    def done(self) -> bool:
        """Tell whether it is filled."""
        with self._filled:
            return self._done

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        """Have `fn(future)` called once it is filled; at once, when it is."""
        # Looking and adding are one piece. Either the one who fills finds `fn` in the list,
        # or we find the future filled: never neither, never both.
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
            callbacks = self._callbacks[:]
            self._callbacks.clear()
            self._filled.notify_all()
        # Decided under the lock, called outside it: a callback is somebody else's code. It may
        # ask this future, wait for a thread that does, or take long.
        for fn in callbacks:
            self._call(fn)

    def _call(self, fn: Callable[[Future], object]) -> None:
        try:
            fn(self)
        except Exception:
            logger.exception("a callback of a future failed: %r", fn)
