"""Tells whether processes live that the test has started: what they share with it is not under control."""

from __future__ import annotations

import os

from pytest_sensei.watch import process_services, procfs


def has_children() -> bool:
    """Tell whether this process has children, those aside that multiprocessing keeps for itself."""
    return not _is_alone() and (
        not procfs.visible()
        or any(not process_services.is_known_service(pid) for pid in procfs.children(os.getpid()))
    )


def _is_alone() -> bool:
    """Ask the system, in one call, whether there is no child at all."""
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False
