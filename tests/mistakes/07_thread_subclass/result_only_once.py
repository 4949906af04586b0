"""Hands the result over in a queue: who asks second waits for ever.

expect: stalled
test: test_result_can_be_asked_for_twice
"""

from __future__ import annotations

import queue
import threading
from typing import Any


class ResultThread(threading.Thread):
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None) -> None:
        super().__init__(group, target, name, daemon=daemon)
        self._job, self._job_args, self._job_kwargs = target, args, kwargs or {}
        self._outcomes: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()

    def run(self) -> None:
        try:
            outcome = self._job(*self._job_args, **self._job_kwargs) if self._job is not None else None
        except BaseException as error:
            self._outcomes.put((None, error))
        else:
            self._outcomes.put((outcome, None))

    def result(self, timeout: float | None = None) -> Any:
        try:
            outcome, error = self._outcomes.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None
        if error is not None:
            raise error
        return outcome
