"""A semaphore: a lock that lets a limited number of threads in.

    seats = Semaphore(2)
    with seats:          # at most two threads are in here
        ...

Build it from `threading.Lock` and a counter; `threading.Condition` is allowed.
"""

from __future__ import annotations

from types import TracebackType


class Semaphore:
    """Lets at most `value` threads in at a time; the others sleep until one leaves."""

    def __init__(self, value: int = 1) -> None:
        """Start with `value` free places. ValueError when it is negative."""
        # TODO: keep the number of free places, and what guards it
        raise NotImplementedError("Semaphore.__init__ is still to be written")

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take a place; sleep until there is one.

        Returns True when it has a place. Without `blocking` it never waits; with a
        `timeout` it waits so many seconds in all; both return False when there was
        no place. ValueError for a timeout without blocking.
        """
        # TODO
        raise NotImplementedError("Semaphore.acquire is still to be written")

    def release(self, n: int = 1) -> None:
        """Give `n` places back, and wake so many. ValueError when n < 1."""
        # TODO
        raise NotImplementedError("Semaphore.release is still to be written")

    @property
    def value(self) -> int:
        """How many places are free."""
        # TODO
        raise NotImplementedError("Semaphore.value is still to be written")

    def __enter__(self) -> bool:
        # TODO
        raise NotImplementedError("Semaphore.__enter__ is still to be written")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        # TODO
        raise NotImplementedError("Semaphore.__exit__ is still to be written")
