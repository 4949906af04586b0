"""Selectors, on which event loops wait: a wait without limit is done in slices.

Whoever uses no event loop shall not pay for the import of asyncio.
"""

from __future__ import annotations

import selectors
import sys
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.pipes import Ends

if TYPE_CHECKING:
    from collections.abc import Callable

    Select = Callable[[Any, float | None], list[tuple[selectors.SelectorKey, int]]]


class Selecting:
    """What a selector waits for: whatever is registered, also by another thread meanwhile."""

    def __init__(self, selector: Any) -> None:
        self._selector = selector
        loop = running_loop()
        self.target: object = loop if getattr(loop, "_selector", None) is selector else selector

    def ends(self) -> Ends:
        """Return the descriptors, at this moment."""
        keys = dict(self._selector.get_map() or {}).values()
        reading = tuple(key.fd for key in keys if key.events & selectors.EVENT_READ)
        writing = tuple(key.fd for key in keys if key.events & selectors.EVENT_WRITE)
        return Ends(reading, writing, self.target)


def running_loop() -> object:
    """Return the event loop of asyncio that the current thread runs, or None."""
    get = getattr(sys.modules.get("asyncio.events"), "_get_running_loop", None)
    return get() if get is not None else None


def waiting_in_slices(real: Select) -> Select:
    """Return a stand-in for a `select` method; see `selectors.BaseSelector.select`."""

    def select(self: Any, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None or runtime.watcher is None or runtime.exploring() is not None:
            return real(self, timeout)
        ready: list[tuple[selectors.SelectorKey, int]] = []

        def attempt(seconds: float) -> bool:
            ready[:] = real(self, None if seconds < 0 else seconds)
            return bool(ready) or seconds < 0

        runtime.block(Selecting(self), attempt, None)
        return ready

    return select
