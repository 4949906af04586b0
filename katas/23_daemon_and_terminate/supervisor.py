"""Starts workers, each in a process of its own, and ends them: kindly, then firmly, then by force."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.synchronize import Event


class Supervisor:
    """Starts children and stops them, with all that they have started themselves."""

    def start(self, fn: Callable[[Event], object]) -> None:
        """Start a process that calls `fn(event)`; `event` will be set when it is time to end."""
        # TODO: a process for fn; which kind of process may have children of its own?
        raise NotImplementedError("Supervisor.start is still to be written")

    def stop(self, grace: float) -> None:
        """Set the event, then terminate who is left, then kill who is left; no child or grandchild survives.

        Each of the first two steps has `grace` seconds, all children together.
        """
        # TODO: three steps, then join them all
        raise NotImplementedError("Supervisor.stop is still to be written")

    def alive(self) -> int:
        """Return how many children are alive."""
        # TODO: ask them
        raise NotImplementedError("Supervisor.alive is still to be written")
