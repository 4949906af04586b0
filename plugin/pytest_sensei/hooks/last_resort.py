"""The last resort: however the run is ended, by a second Ctrl-C even, no process of a test outlives it."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class LastResort:
    """Ends what is left when the interpreter ends before the session could.

    It is registered after multiprocessing has registered its own: so it comes before that waits for its children.
    """

    def __init__(self, end: Callable[[], object]) -> None:
        self._end = end
        self._root = os.getpid()

    def arm(self) -> None:
        """From now on there may be something to end."""
        atexit.register(self._at_exit)

    def disarm(self) -> None:
        """The session has ended all itself."""
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        if os.getpid() != self._root:
            return  # a child that was forked with us registered
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # it takes a second at most, and then all is over
        self._end()
