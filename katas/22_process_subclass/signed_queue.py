"""A queue whose items are signed by the process that put them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing import util
from multiprocessing.queues import Queue
from typing import Any

AT_FIRST = 1000  # a priority: what has it is done before all else when a process ends
PATIENCE = 200  # hundredths of a second that a parcel lies about when nobody waits for it to be sent


class SignedQueue(Queue):  # type: ignore[type-arg]
    """Like `multiprocessing.Queue`, but what comes out are pairs: who put it, and what."""

    puts = 0  # by this process

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        self.puts += 1
        super().put(self.sign(obj), block, timeout)

    def sign(self, obj: Any) -> Any:
        return os.getpid(), obj


class SmallQueue(SignedQueue):
    """Has room for one item only; whoever puts another one has to wait."""

    def __init__(self, *, ctx: Any) -> None:
        super().__init__(1, ctx=ctx)


class LazyQueue(SignedQueue):
    """Sends nothing before somebody waits for it: a process that ends in an orderly way does."""

    somebody_waits: threading.Event | None = None

    def sign(self, obj: Any) -> Any:
        if self.somebody_waits is None:
            self.somebody_waits = threading.Event()
            util.Finalize(None, self.somebody_waits.set, exitpriority=AT_FIRST)
        return Parcel(super().sign(obj), self.somebody_waits)

    def join_thread(self) -> None:
        if self.somebody_waits is not None:
            self.somebody_waits.set()
        super().join_thread()


class Parcel:
    """Is pickled, by the thread of the queue that sends, when it may be sent; comes out as what is in it."""

    def __init__(self, content: tuple[int, Any], may_go: threading.Event) -> None:
        self._content = content
        self._may_go = may_go

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        for _ in range(PATIENCE):
            if self._may_go.wait(0.01):
                break
        return tuple, (self._content,)
