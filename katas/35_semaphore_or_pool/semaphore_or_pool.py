"""Two ways to have no more than so many jobs at work at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def with_semaphore(jobs: Sequence[Callable[[], object]], limit: int) -> set[int]:
    """Run each job in a process of its own, at most `limit` of them at once, and return the pids."""
    # TODO: how many processes are there, and where does each one wait for its turn?
    raise NotImplementedError("with_semaphore is still to be written")


def with_pool(jobs: Sequence[Callable[[], object]], limit: int) -> set[int]:
    """Run the jobs in a pool of `limit` workers, and return the pids of those that have worked."""
    # TODO: how many processes are there now?
    raise NotImplementedError("with_pool is still to be written")
