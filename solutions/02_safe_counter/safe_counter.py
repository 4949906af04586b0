"""A counter that threads share and that never loses an update."""

from __future__ import annotations

import threading


class SafeCounter:
    """A number that starts at 0 and that any number of threads may change at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # one for each counter, made once
        self._value = 0

    def increment(self, by: int = 1) -> None:
        """Add `by` to the value."""
        with self._lock:  # the read, the sum and the write are one piece
            self._value += by

    def decrement(self, by: int = 1) -> None:
        """Take `by` from the value."""
        with self._lock:
            self._value -= by

    @property
    def value(self) -> int:
        """The value now.

        Reading one attribute is one step, so it needs no lock to be whole. It is taken all the same: it
        costs little, and stays right when the value one day consists of two fields.
        """
        with self._lock:
            return self._value
