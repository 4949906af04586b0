"""Says that the result is there, and then writes it.

expect: race
test: test_result_waits_until_the_target_has_returned
"""

from __future__ import annotations

import threading
from typing import Any


class ResultThread(threading.Thread):
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None) -> None:
        super().__init__(group, target, name, daemon=daemon)
        self._job, self._job_args, self._job_kwargs = target, args, kwargs or {}
        self._outcome: Any = None
        self._done = threading.Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            outcome = self._job(*self._job_args, **self._job_kwargs) if self._job is not None else None
            self._done.set()
            self._outcome = outcome
        except BaseException as error:
            self._done.set()
            self._error = error

    def result(self, timeout: float | None = None) -> Any:
        if not self._done.wait(timeout):
            raise TimeoutError(f"{self.name} has not ended")
        if self._error is not None:
            raise self._error
        return self._outcome
