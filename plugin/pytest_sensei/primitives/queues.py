"""`queue.SimpleQueue` whose `get` can be watched and explored."""

from __future__ import annotations

import _queue
from typing import Any

from pytest_sensei.primitives import runtime

_RealSimpleQueue: type[Any] = _queue.SimpleQueue
Empty = _queue.Empty


class SimpleQueue(_RealSimpleQueue):  # type: ignore[misc]
    """An unbounded queue as `queue.SimpleQueue`.

    `put` stays the real one, which no finalizer can interrupt, except while somebody explores.
    """

    __slots__ = ()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take an item out, waiting for one if asked to; see `queue.SimpleQueue.get`."""
        if timeout is not None and block and timeout < 0:
            return super().get(block, timeout)  # raises as the real one does
        exploring = runtime.exploring()
        if exploring is not None:
            return self._get_explored(exploring, 0.0 if not block else timeout)
        item = self._get_natively(block, timeout)
        runtime.took(self)
        return item

    def get_nowait(self) -> Any:
        """Take an item out if there is one, else raise `Empty`."""
        return self.get(False)

    def _get_natively(self, block: bool, timeout: float | None) -> Any:
        try:
            return super().get(False)
        except Empty:
            if not block:
                raise
        return self._get_watched(timeout)

    def _get_explored(self, exploring: runtime.Explorer, timeout: float | None) -> Any:
        if not exploring.queue_get(self, timeout):
            raise Empty
        return super().get(False)

    def _get_watched(self, timeout: float | None) -> Any:
        got: list[Any] = []
        real_get = super().get

        def attempt(seconds: float) -> bool:
            try:
                got.append(real_get(True, None if seconds < 0 else seconds))
            except Empty:
                return False
            return True

        if not runtime.block(self, attempt, timeout):
            raise Empty
        return got[0]


SimpleQueue.__module__ = "_queue"
SimpleQueue.__qualname__ = "SimpleQueue"


def _put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
    """Put an item; never blocks."""
    exploring = runtime.exploring()
    if exploring is not None:
        exploring.queue_put(self)
    runtime.gave(self)
    _RealSimpleQueue.put(self, item, block, timeout)


def _put_nowait(self: Any, item: Any) -> None:
    """Put an item; never blocks."""
    _put(self, item)


def announce_puts(_: bool) -> None:
    """Have each put announced to who explores or listens, or leave it to the real queue."""
    wanted = runtime.explorer is not None or runtime.listener is not None
    if wanted == ("put" in vars(SimpleQueue)):
        return
    if wanted:
        SimpleQueue.put, SimpleQueue.put_nowait = _put, _put_nowait
    else:
        del SimpleQueue.put, SimpleQueue.put_nowait


runtime.switches.append(announce_puts)
runtime.listening.append(announce_puts)
