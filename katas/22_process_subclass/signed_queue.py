"""A queue whose items are signed by the process that put them."""

from __future__ import annotations

import os
from multiprocessing.queues import Queue
from typing import Any


class SignedQueue(Queue):  # type: ignore[type-arg]
    """Like `multiprocessing.Queue`, but what comes out are pairs: who put it, and what."""

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put((os.getpid(), obj), block, timeout)
