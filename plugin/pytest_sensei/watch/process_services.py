"""Processes that outlive a test by design, each with the reason to leave it alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_sensei.watch import procfs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Command = Sequence[str]


def is_resource_tracker(command: Command) -> bool:
    """One for the session, from the first process or semaphore on; ends when all its users have ended."""
    return any("resource_tracker import main" in word for word in command)


def is_fork_server(command: Command) -> bool:
    """One for the session, from the first process of that start method on."""
    return any("multiprocessing.forkserver import main" in word for word in command)


def is_loky(command: Command) -> bool:
    """loky keeps its workers for the next call, and ends them itself when they are idle."""
    return any("loky.backend.popen_loky" in word for word in command)


def is_execnet(command: Command) -> bool:
    """A worker of pytest-xdist: it runs tests, and the controller ends it."""
    return any("exec(eval(sys.stdin.readline()))" in word for word in command)


SERVICES: tuple[Callable[[Command], bool], ...] = (is_resource_tracker, is_fork_server, is_loky, is_execnet)


def is_known_service(pid: int) -> bool:
    """Tell whether a process is one that outlives a test by design.

    A forked child has the command line of its parent, which may itself be a worker of pytest-xdist: that tells nothing.
    """
    command = procfs.command(pid)
    return any(service(command) for service in SERVICES) and command != procfs.command(os.getpid())
