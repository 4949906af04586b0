"""Virtual time: what the clocks say to tasks under control. It moves only when nobody can run."""

from __future__ import annotations

import math
import threading
import time
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pytest_sensei.explore.known_types import is_a, namespace
from pytest_sensei.primitives.standins import stand_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NANO = 1_000_000_000


class Timekeeper(Protocol):
    """Knows the seconds that have passed for the current thread; None: it is not under control."""

    def passed(self) -> float | None: ...


def _virtual(name: str, keeper: Timekeeper) -> Any:
    """Return a clock that agrees with the real one now, to the second, and goes by virtual time for tasks.

    What it says are whole seconds plus binary fractions, rounded up: differences are exact, and who slept
    for 0.3 seconds never reads 0.2999999.
    """
    real = getattr(time, name)
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

    return stand_in(time, name, read)


_CLOCKS = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")


@contextmanager
def virtual_time(keeper: Timekeeper, modules: Iterable[types.ModuleType]) -> Iterator[None]:
    """Put virtual clocks in place of the real ones: in `time`, and wherever the code under test keeps one."""
    ours = {getattr(time, name): _virtual(name, keeper) for name in _CLOCKS}
    changed: list[tuple[Any, str, Any]] = []
    for owner, name, held in list(_held(modules)):
        clock = _clock_of(held, ours)
        if clock is not None:
            changed.append((owner, name, held))
            _put(owner, name, clock)
    kept = [(function, _with_clocks(function, ours)) for function in _defaulted(ours, modules)]
    try:
        yield
    finally:
        for owner, name, held in changed:
            _put(owner, name, held)
        for function, (defaults, keywords) in kept:
            function.__defaults__, function.__kwdefaults__ = defaults, keywords


def _put(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = value
    elif is_a(owner, type):
        type.__setattr__(owner, name, value)
    else:
        setattr(owner, name, value)


def _held(modules: Iterable[types.ModuleType]) -> Iterator[tuple[Any, str, Any]]:
    """Yield what stands behind the names that may be a clock's: in modules, and in their classes."""
    import queue

    for name in _CLOCKS:
        yield time, name, getattr(time, name)
    for owner in (threading, queue):
        for name in ("_time", "time"):
            yield owner, name, vars(owner).get(name)
    for module in modules:
        for name, value in list(vars(module).items()):
            yield vars(module), name, value
            if is_a(value, type) and namespace(value).get("__module__") == module.__name__:
                for inner, member in list(namespace(value).items()):
                    yield value, inner, member


def _clock_of(held: object, clocks: dict[Any, Any]) -> Any:
    """Return the virtual clock for a real one, which may be held as a static method; None: it is none."""
    real = held.__func__ if type(held) is staticmethod else held
    return clocks.get(real) if isinstance(real, types.BuiltinFunctionType) else None


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
    return any(_clock_of(value, clocks) is not None for value in values)


def _with_clocks(function: types.FunctionType, clocks: dict[Any, Any]) -> tuple[Any, Any]:
    """Give a function virtual clocks as defaults. Returns the real ones."""
    before = function.__defaults__, function.__kwdefaults__
    if before[0] is not None:
        function.__defaults__ = tuple(_clock_of(value, clocks) or value for value in before[0])
    if before[1] is not None:
        function.__kwdefaults__ = {n: _clock_of(value, clocks) or value for n, value in before[1].items()}
    return before
