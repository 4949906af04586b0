"""A lock that is taken from the start is the latch: whoever gets it passes it on to the next."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any


class InvalidState(Exception):
    pass


class Future:
    def __init__(self) -> None:
        self._latch = threading.Lock()
        self._latch.acquire()
        self._guard = threading.Lock()
        self._answer: list[Callable[[], Any]] = []
        self._callbacks: list[Callable[[Future], object]] | None = []

    def set_result(self, result: Any) -> None:
        self._answer_with(lambda: result)

    def set_exception(self, error: BaseException) -> None:
        def fail() -> Any:
            raise error

        self._answer_with(fail)

    def result(self, timeout: float | None = None) -> Any:
        if not self._latch.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError
        self._latch.release()  # the next one, please
        return self._answer[0]()

    def done(self) -> bool:
        return bool(self._answer)

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        with self._guard:
            if self._callbacks is not None:
                self._callbacks.append(fn)
                return
        self._report(fn)

    def _answer_with(self, answer: Callable[[], Any]) -> None:
        with self._guard:
            if self._callbacks is None:
                raise InvalidState
            self._answer.append(answer)
            callbacks, self._callbacks = self._callbacks, None
            self._latch.release()
        for fn in callbacks:
            self._report(fn)

    def _report(self, fn: Callable[[Future], object]) -> None:
        try:
            fn(self)
        except Exception as error:
            logging.getLogger("kata").error("callback %r: %r", fn, error)
