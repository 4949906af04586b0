"""An event: a flag that threads can wait for.

    ready = Event()
    ...
    ready.wait()         # sleeps until another thread calls ready.set()

Build it without `threading.Event`, from locks or a condition.
"""

from __future__ import annotations


class Event:
    """A flag, at first down. Who waits for it sleeps until somebody puts it up."""

    def __init__(self) -> None:
        # TODO: keep the flag, and what those who wait for it sleep on
        raise NotImplementedError("Event.__init__ is still to be written")

    def set(self) -> None:
        """Put the flag up, and wake everybody who waits for it."""
        # TODO
        raise NotImplementedError("Event.set is still to be written")

    def clear(self) -> None:
        """Put the flag down. Who was waiting when it went up goes on all the same."""
        # TODO
        raise NotImplementedError("Event.clear is still to be written")

    def is_set(self) -> bool:
        """Whether the flag is up."""
        # TODO
        raise NotImplementedError("Event.is_set is still to be written")

    def wait(self, timeout: float | None = None) -> bool:
        """Return True at once when the flag is up, else sleep until it goes up.

        With a timeout in seconds, return False when it did not go up in that time.
        """
        # TODO
        raise NotImplementedError("Event.wait is still to be written")
