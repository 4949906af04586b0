"""A log file that is written in the background.

with BackgroundLog("app.log") as log:
    log.write("started")     # does not wait for the disk
    log.flush()              # waits until the line is in the file
"""

from __future__ import annotations

import os
from types import TracebackType


class BackgroundLog:
    """A thread of its own writes the lines; who calls `write` does not wait for that."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # TODO: a way to hand lines over, and a thread that writes them
        raise NotImplementedError("BackgroundLog.__init__ is still to be written")

    def write(self, line: str) -> None:
        """Have `line` appended to the file as one line. ValueError after `close`."""
        # TODO
        raise NotImplementedError("BackgroundLog.write is still to be written")

    def flush(self) -> None:
        """Wait until all lines written so far are in the file.

        When the thread could not write them, raise its error here.
        """
        # TODO
        raise NotImplementedError("BackgroundLog.flush is still to be written")

    def close(self) -> None:
        """Write what is left, and end the thread. May be called twice.

        When the thread had an error that was not raised yet, raise it here.
        """
        # TODO
        raise NotImplementedError("BackgroundLog.close is still to be written")

    def __enter__(self) -> BackgroundLog:
        # TODO
        raise NotImplementedError("BackgroundLog.__enter__ is still to be written")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        # TODO
        raise NotImplementedError("BackgroundLog.__exit__ is still to be written")
