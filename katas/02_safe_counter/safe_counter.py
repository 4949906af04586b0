"""Kata 02: a counter that threads share and that never loses an update."""

from __future__ import annotations


class SafeCounter:
    """A number that starts at 0 and that any number of threads may change at once.

    No update is ever lost, and `value` never shows a half-done update. A call
    that fails leaves the counter as usable as it was.
    """

    def __init__(self) -> None:
        # TODO: what does an object need, so that its threads take turns?
        self._value = 0

    def increment(self, by: int = 1) -> None:
        """Add `by` to the value."""
        raise NotImplementedError("TODO: add `by` so that no other update is lost")

    def decrement(self, by: int = 1) -> None:
        """Take `by` from the value."""
        raise NotImplementedError("TODO: take `by` so that no other update is lost")

    @property
    def value(self) -> int:
        """The value now: every update that has returned is in it."""
        raise NotImplementedError("TODO: return the value")
