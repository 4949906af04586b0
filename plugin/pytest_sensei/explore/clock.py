"""Virtual time: what the clocks say to tasks under control. It moves only when nobody can run."""

from __future__ import annotations

import math
import threading
import time
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_NANO = 1_000_000_000


class Timekeeper(Protocol):
    """Knows the seconds that have passed for the current thread; None: it is not under control."""

    def passed(self) -> float | None: ...


def _reading(real: Callable[[], Any], keeper: Timekeeper) -> Callable[[], Any]:
    """Return a clock that agrees with `real` now, to the second, and goes by virtual time for tasks.

    What it says are whole seconds plus binary fractions, rounded up: differences are exact, and who slept
    for 0.3 seconds never reads 0.2999999.
    """
    now = real()
    start = now if isinstance(now, int) else float(int(now))
    grain = 2**30 if start < 2**22 else 2**20  # both fit into a float with the seconds before them

    def read() -> Any:
        passed = keeper.passed()
        if passed is None:
            return real()
        if isinstance(start, int):
            return start + math.ceil(passed * _NANO)
        return start + math.ceil(passed * grain) / grain

    read.__name__ = read.__qualname__ = real.__name__
    return read


_CLOCKS = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")

Place = tuple[Any, str]


@contextmanager
def virtual_time(keeper: Timekeeper, modules: Iterable[types.ModuleType]) -> Iterator[None]:
    """Put virtual clocks in place of the real ones: in `time`, and wherever the code under test keeps one."""
    ours = {getattr(time, name): _reading(getattr(time, name), keeper) for name in _CLOCKS}
    changed: list[tuple[Any, str, Any]] = []
    for owner, name, real in list(_uses(ours, modules)):
        changed.append((owner, name, real))
        _put(owner, name, ours[real])
    kept = [(function, _with_clocks(function, ours)) for function in _defaulted(ours, modules)]
    try:
        yield
    finally:
        for owner, name, real in changed:
            _put(owner, name, real)
        for function, (defaults, keywords) in kept:
            function.__defaults__, function.__kwdefaults__ = defaults, keywords


def _put(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = value
    else:
        setattr(owner, name, value)


def _uses(clocks: dict[Any, Any], modules: Iterable[types.ModuleType]) -> Iterator[tuple[Any, str, Any]]:
    import queue

    for name in _CLOCKS:
        yield time, name, getattr(time, name)
    for owner in (threading, queue):
        for name in ("_time", "time"):
            value = vars(owner).get(name)
            if isinstance(value, types.BuiltinFunctionType) and value in clocks:
                yield owner, name, value
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, types.BuiltinFunctionType) and value in clocks:
                yield vars(module), name, value


def _defaulted(clocks: dict[Any, Any], modules: Iterable[types.ModuleType]) -> Iterator[types.FunctionType]:
    """Yield the functions that have a clock as the default of a parameter."""
    for module in modules:
        for value in list(vars(module).values()):
            members = list(vars(value).values()) if isinstance(value, type) else [value]
            for function in members:
                if isinstance(function, types.FunctionType) and _has_clock(function, clocks):
                    yield function


def _has_clock(function: types.FunctionType, clocks: dict[Any, Any]) -> bool:
    values = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    return any(isinstance(value, types.BuiltinFunctionType) and value in clocks for value in values)


def _with_clocks(function: types.FunctionType, clocks: dict[Any, Any]) -> tuple[Any, Any]:
    """Give a function virtual clocks as defaults. Returns the real ones."""
    before = function.__defaults__, function.__kwdefaults__
    if before[0] is not None:
        function.__defaults__ = tuple(_swapped(value, clocks) for value in before[0])
    if before[1] is not None:
        function.__kwdefaults__ = {name: _swapped(value, clocks) for name, value in before[1].items()}
    return before


def _swapped(value: Any, clocks: dict[Any, Any]) -> Any:
    return clocks[value] if isinstance(value, types.BuiltinFunctionType) and value in clocks else value
