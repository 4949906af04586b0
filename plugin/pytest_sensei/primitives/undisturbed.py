"""Keeps the garbage collector from going to work in the middle of a look, or of an interleaving."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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
