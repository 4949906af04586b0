"""Kata 20: so many a second, in whichever thread, and not more."""

from __future__ import annotations


class RateLimiter:
    """A bucket of tokens: `rate` fall into it each second, `burst` are in it at the most.

    It is full at the start. Who wants to do something takes tokens out first, and
    sleeps until there are enough; first come, first served.
    """

    def __init__(self, rate: float, burst: int) -> None:
        # TODO: nobody drops tokens in. How many are there now, at time.monotonic()?
        raise NotImplementedError("TODO: what must a bucket remember?")

    def acquire(self, n: int = 1, timeout: float | None = None) -> bool:
        """Take `n` tokens; sleep until they are there. ValueError when n > burst.

        With a timeout, return False when they do not come within so many seconds;
        then none are taken.
        """
        raise NotImplementedError("TODO: take the tokens, and let others in while you sleep")
