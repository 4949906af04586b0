"""A thread that keeps what its target returned or raised.

thread = ResultThread(target=sum, args=([1, 2, 3],))
thread.start()
thread.result()      # waits for the thread, then 6
"""

from __future__ import annotations

import threading
from typing import Any


class ResultThread(threading.Thread):
    """A Thread, made with the same arguments, that can be asked for its result."""

    # TODO: a constructor that takes what Thread's takes, and a place for the outcome

    def run(self) -> None:
        """Call the target in the new thread, and keep what comes of it."""
        # TODO

    def result(self, timeout: float | None = None) -> Any:
        """Wait until the thread has ended; return what the target returned, or raise what it raised.

        With a timeout in seconds, raise TimeoutError when the thread has not ended by then.
        """
        # TODO
        raise NotImplementedError("ResultThread.result is still to be written")
