"""The frames of the running threads, read only where that is safe."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from pytest_sensei.primitives.runtime import get_ident

if TYPE_CHECKING:
    from types import FrameType

_INTERPRETERS = ("_interpreters", "_xxsubinterpreters")  # from 3.13 on, and before
_modules = sys.modules


def are_partial() -> bool:
    """Tell whether only the frames of the current thread can be read: there are more interpreters than one.

    `sys._current_frames` walks the threads of all of them, and one with a GIL of its own runs on meanwhile: its
    frames change under the walk, and the process dies (CPython, Python/pystate.c, _PyThread_CurrentFrames).
    """
    for name in _INTERPRETERS:
        module = _modules.get(name)
        if module is not None and hasattr(module, "list_all"):
            return len(module.list_all()) > 1
    return False


def current() -> dict[int, FrameType]:
    """Return the frames of all threads by identifier; where they are partial, that of the caller alone."""
    return {get_ident(): sys._getframe(1)} if are_partial() else sys._current_frames()


def idents() -> set[int]:
    """Return the identifiers of the threads that run, whatever a damaged `is_alive` says."""
    if are_partial():
        return {get_ident(), *(thread.ident for thread in threading.enumerate() if thread.ident is not None)}
    return set(sys._current_frames())
