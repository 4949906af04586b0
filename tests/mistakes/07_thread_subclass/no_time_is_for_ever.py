"""Takes a timeout of 0 for no timeout.

expect: stalled
test: test_result_raises_timeout_error*
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any


class ResultThread(threading.Thread):
    """A Thread, made with the same arguments, that can be asked for its result."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., Any] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        super().__init__(group, target, name, daemon=daemon)
        # Thread keeps these too, but under names that are its own business.
        self._job, self._job_args, self._job_kwargs = target, tuple(args), dict(kwargs or {})
        self._outcome: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            if self._job is not None:
                self._outcome = self._job(*self._job_args, **self._job_kwargs)
        except BaseException as error:
            self._error = error

    def result(self, timeout: float | None = None) -> Any:
        self.join(timeout or None)
        # join returns None in any case; only is_alive tells whether the time ran out.
        if self.is_alive():
            raise TimeoutError(f"{self.name} has not ended")
        if self._error is not None:
            raise self._error
        return self._outcome
