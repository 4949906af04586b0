"""Keeps a look from disturbing what it looks at: no garbage is collected meanwhile, no variable is kept alive."""

from __future__ import annotations

import gc
import inspect
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def no_collection() -> Iterator[None]:
    """Let no finalizer run meanwhile: it may wait, perhaps for the very thread that we are on.

    A look makes many small objects, on whatever thread it waits. Without us the collector would rarely come there.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_UNSHARED = 3  # references to a frame's copy of its variables: the frame's, ours, and that of who counts


def local_variables(frame: FrameType) -> dict[str, Any]:
    """Return a frame's local variables, and leave no copy of them in the frame.

    Up to Python 3.12 `f_locals` is a copy that the frame keeps, and so everything that was in it, for as long as the
    function runs. It is emptied, unless somebody else has a hold of it: who has called `locals()`, or a debugger.
    """
    names = frame.f_locals
    found = dict(names)
    is_copy = sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if is_copy and sys.getrefcount(names) == _UNSHARED:
        names.clear()
    return found
