"""Kata 17: a few threads that work off any number of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any


class ThreadPool:
    """Runs jobs in a fixed number of threads; what is submitted while they work waits its turn.

    The future that `submit` returns may be yours of kata 16, or that of `concurrent.futures`.
    """

    def __init__(self, workers: int) -> None:
        # TODO: where do the jobs wait, and how does a worker learn that no more will come?
        raise NotImplementedError("TODO: start the workers")

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        """Have `fn(*args)` called by a worker; return the future of its result at once.

        RuntimeError after `shutdown`.
        """
        raise NotImplementedError("TODO: put the job where a worker finds it")

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Have `fn(item)` called for each item, as many at once as there are workers.

        Gives the results in the order of the items.
        """
        raise NotImplementedError("TODO: submit all, then give out the results")

    def shutdown(self, wait: bool = True) -> None:
        """Take no more jobs. What was submitted is still done, then the workers end.

        With `wait`, return when that has happened.
        """
        raise NotImplementedError("TODO: tell every worker")

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        raise NotImplementedError("TODO: leave no thread behind")
