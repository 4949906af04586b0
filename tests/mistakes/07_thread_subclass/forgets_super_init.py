"""Has a constructor of its own that does not call the one of Thread.

expect: failure
test: test_the_target_runs_in_the_thread_and_only_once
"""

from __future__ import annotations

import threading
from typing import Any


class ResultThread(threading.Thread):
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None) -> None:
        self._job, self._job_args, self._job_kwargs = target, args, kwargs or {}
        self._outcome: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            if self._job is not None:
                self._outcome = self._job(*self._job_args, **self._job_kwargs)
        except BaseException as error:
            self._error = error

    def result(self, timeout: float | None = None) -> Any:
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError(f"{self.name} has not ended")
        if self._error is not None:
            raise self._error
        return self._outcome
