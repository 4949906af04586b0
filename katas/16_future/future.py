"""Kata 16: a result that is not there yet, and that threads can wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class InvalidState(Exception):
    """The future has its result, or its exception, already."""


class Future:
    """A place for one result or one exception, to be filled once and read by anybody."""

    def __init__(self) -> None:
        # TODO: the result may be None, and it may be an exception object
        raise NotImplementedError("TODO: what must a future remember?")

    def set_result(self, result: Any) -> None:
        """Fill it with a result. InvalidState when it is filled already."""
        raise NotImplementedError("TODO: keep the result, wake who waits, call the callbacks")

    def set_exception(self, error: BaseException) -> None:
        """Fill it with an exception. InvalidState when it is filled already."""
        raise NotImplementedError("TODO: keep the exception, wake who waits, call the callbacks")

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it is filled; return the result, or raise the exception.

        With a timeout, wait so many seconds at most, and then raise TimeoutError.
        """
        raise NotImplementedError("TODO: wait, without looking again and again")

    def done(self) -> bool:
        """Tell whether it is filled."""
        raise NotImplementedError("TODO: tell whether it is filled")

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        """Have `fn(future)` called once it is filled; at once, when it is."""
        raise NotImplementedError("TODO: what if it is being filled at this very moment?")
