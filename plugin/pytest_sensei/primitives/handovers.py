"""What threads tell each other by conditions, events, queues and the like; heard only while somebody listens.

Who gives does something before; who takes does something after. The standard library's events, semaphores,
queues and futures are made of conditions: `notify` gives, and whoever leaves the condition's lock has taken.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.patches import Patch, Patches

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pytest_sensei.primitives.runtime import Listener

_LEAVE = threading.Semaphore.__exit__.__code__

_in_place = Patches()


def listen_with(listener: Listener | None) -> None:
    """Tell `listener` of what is given and taken from now on; None: nobody."""
    if listener is runtime.listener:
        return
    if runtime.listener is not None:
        _in_place.revert()
    runtime.listener = listener
    if listener is not None:
        for owner, name, heard in _HEARD:
            _in_place.apply([Patch(owner, name, heard(getattr(owner, name)))])
    for hear in runtime.listening:
        hear(listener is not None)


def _giving(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def method(self: object, *args: Any, **kwargs: Any) -> Any:
        if not _gives_back(sys._getframe(1)):
            runtime.gave(self)
        return real(self, *args, **kwargs)

    return method


def _gives_back(frame: FrameType) -> bool:
    """Tell whether it is a semaphore that notifies: who leaves `with places:` tells nobody anything."""
    return frame.f_back is not None and frame.f_back.f_code is _LEAVE


def _taking(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def method(self: object, *args: Any, **kwargs: Any) -> Any:
        result = real(self, *args, **kwargs)
        runtime.took(self)
        return result

    return method


def _seeing(real: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(real)
    def method(self: Any) -> bool:
        is_set = real(self)
        if is_set:
            runtime.took(self._cond)
        return is_set

    return method


_HEARD = (
    (threading.Condition, "notify", _giving),
    (threading.Condition, "__exit__", _taking),
    (threading.Condition, "wait", _taking),
    (threading.Condition, "wait_for", _taking),
    (threading.Barrier, "wait", _giving),
    (threading.Barrier, "wait", _taking),
    (threading.Event, "is_set", _seeing),
)

runtime.switches.append(lambda explores: listen_with(None) if explores else None)
