"""Memory that processes share, read slowly: a forked child that has read for the first time waits for others that do.

They come if nobody keeps them out. So adding without a lock needs no luck to lose something.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from multiprocessing import sharedctypes
from multiprocessing.managers import BaseProxy
from multiprocessing.reduction import ForkingPickler
from operator import attrgetter
from typing import Any

import pytest
from pytest_sensei.dojo import stillness

wrapper = attrgetter("_wrapper")
READING = {"get", "__getattribute__", "__getitem__"}  # what a manager's proxies ask for


def read_slowly(patch: pytest.MonkeyPatch, company: stillness.Company) -> None:
    """Let children keep company after they have read what is shared: from memory, or from a manager."""
    slow = Slow(company)
    shared: Any = sharedctypes
    one, many = shared.Synchronized, shared.SynchronizedArray
    patch.setattr(one, "value", property(slow.after(one.value.fget), one.value.fset))
    patch.setattr(many, "__getitem__", slow.after(many.__getitem__))
    real_memory, real_call = shared._new_value, BaseProxy._callmethod  # noqa: SLF001

    def call(proxy: BaseProxy, name: str, *args: Any, **kwargs: Any) -> Any:
        ask = slow.after(real_call) if name in READING else real_call
        return ask(proxy, name, *args, **kwargs)

    patch.setattr(shared, "_new_value", lambda kind: slow.memory(kind, real_memory))
    patch.setattr(BaseProxy, "_callmethod", call)


class Slow:
    """Makes reading slow."""

    def __init__(self, company: stillness.Company) -> None:
        self._company = company
        self._reads_under_way = (
            0  # one in the other is under the lock of the outer, and is not over before that
        )

    def after(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def read_and_wait(*args: Any, **kwargs: Any) -> Any:
            self._reads_under_way += 1
            try:
                value = read(*args, **kwargs)
            finally:
                self._reads_under_way -= 1
            if not self._reads_under_way:
                self._company.join()
            return value

        return read_and_wait

    def memory(self, kind: Any, real: Callable[[Any], Any]) -> Any:
        """Make what a `Value`, `RawValue`, `Array` or `RawArray` keeps its numbers in."""
        if issubclass(kind, ctypes.Array):
            known, own = (kind._type_, kind._length_), {"__getitem__": self.after(kind.__getitem__)}
        elif hasattr(kind, "value"):
            number: Any = kind.value
            known, own = (kind, None), {"value": property(self.after(number.__get__), number.__set__)}
        else:
            return real(kind)
        slow = type(kind.__name__, (kind,), own)
        memory = real(slow)
        # Who is spawned, and not forked, gets the usual kind: it cannot import this one.
        ForkingPickler.register(
            slow, lambda made: (sharedctypes.rebuild_ctype, (known[0], wrapper(made), known[1]))
        )
        return memory
