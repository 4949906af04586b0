"""A pool of worker processes, built from processes and pipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class MiniPool:
    """So many worker processes, which do one task after the other; callbacks run in the process that has the pool."""

    def __init__(self, size: int) -> None:
        # TODO: start the workers. How do tasks get to them, and results back?
        raise NotImplementedError("MiniPool is still to be written")

    def apply_async(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...] = (),
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Have `fn(*args)` called by a worker, and return at once."""
        # TODO: who takes in the results, while the caller goes on?
        raise NotImplementedError("apply_async is still to be written")

    def close(self) -> None:
        """Take no more tasks; those taken are still done."""
        raise NotImplementedError("close is still to be written")

    def join(self) -> None:
        """Wait until all tasks are done, all callbacks have run and all workers have gone."""
        raise NotImplementedError("join is still to be written")

    def terminate(self) -> None:
        """Stop the workers at once, and drop the tasks that wait."""
        raise NotImplementedError("terminate is still to be written")
