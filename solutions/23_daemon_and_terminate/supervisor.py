"""Starts workers, each in a process of its own, and ends them: kindly, then firmly, then by force."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing import Process
from multiprocessing.connection import wait
from multiprocessing.synchronize import Event

HAS_GROUPS = hasattr(os, "killpg")  # without (on Windows), the children of a child are beyond our reach


class Supervisor:
    """Starts children and stops them, with all that they have started themselves."""

    def __init__(self) -> None:
        self._time_to_end = multiprocessing.Event()
        self._children: list[Process] = []

    def start(self, fn: Callable[[Event], object]) -> None:
        """Start a process that calls `fn(event)`; `event` will be set when it is time to end."""
        # Not a daemon: a daemon may not have children, and is ended without being asked when we end.
        child = Process(target=_lead_a_group, args=(fn, self._time_to_end))
        child.start()
        self._children.append(child)

    def stop(self, grace: float) -> None:
        """Set the event, then terminate who is left, then kill who is left; no child or grandchild survives."""
        self._time_to_end.set()
        if not self._have_ended_within(grace):
            for child in self._children:
                if HAS_GROUPS:
                    _signal_group(child, signal.SIGTERM)
                else:
                    child.terminate()
            self._have_ended_within(grace)
        for child in self._children:
            # Also where the child has ended: a process that it has left behind is still in its group.
            if HAS_GROUPS:
                _signal_group(child, signal.SIGKILL)
            else:
                child.kill()
        for child in self._children:
            child.join()
            child.close()
        self._children.clear()

    def alive(self) -> int:
        """Return how many children are alive."""
        return sum(child.is_alive() for child in self._children)

    def _have_ended_within(self, seconds: float) -> bool:
        """Wait for all together. Looks at the sentinels: a join would let the system forget the number."""
        deadline = time.monotonic() + seconds
        left = [child.sentinel for child in self._children]
        while left and (remaining := deadline - time.monotonic()) > 0:
            ended = wait(left, remaining)
            left = [sentinel for sentinel in left if sentinel not in ended]
        return not left


def _lead_a_group(fn: Callable[[Event], object], time_to_end: Event) -> None:
    """Run in the child. What it starts will be in its group, and a signal to the group reaches all."""
    if HAS_GROUPS:
        os.setpgid(0, 0)
    fn(time_to_end)


def _signal_group(leader: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(leader.pid, number)  # type: ignore[arg-type] # it has been started
