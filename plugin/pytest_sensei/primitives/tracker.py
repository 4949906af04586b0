"""The resource tracker of multiprocessing: no garbage is collected while it has its lock.

A semaphore that is collected there wants to tell the tracker so, on the same thread, and waits for that lock for
ever. What we do in `os.write` makes it likelier.
"""

from __future__ import annotations

import functools
from multiprocessing import resource_tracker
from typing import Any

from pytest_sensei.primitives.undisturbed import no_collection

_ensure_running = resource_tracker.ResourceTracker.ensure_running


@functools.wraps(_ensure_running)
def ensure_running(self: Any) -> None:
    with no_collection():
        _ensure_running(self)
