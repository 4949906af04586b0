"""What a call of code that is not rewritten does to shared data: a function, or a method under another name."""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import random
import types
import weakref
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import known_types
from pytest_sensei.explore.access import ANY, READ, WRITE, Access
from pytest_sensei.explore.containers import EFFECTS, container_shape, keyed_effect

if TYPE_CHECKING:
    import operator
    from collections.abc import Hashable, Iterator

Effect = tuple[object, "Hashable", Access]

# Functions that write their first argument.
_WRITERS = {
    id(each): each
    for each in (
        *(heapq.heappush, heapq.heappop, heapq.heapify, heapq.heapreplace, heapq.heappushpop),
        *(bisect.insort, bisect.insort_left, bisect.insort_right, random.shuffle),
    )
}
_BOUND = (types.BuiltinMethodType, types.MethodWrapperType)
_UNBOUND = (types.MethodDescriptorType, types.WrapperDescriptorType)
LOOKING = frozenset(
    {
        *(
            "difference",
            "intersection",
            "isdisjoint",
            "issubset",
            "issuperset",
            "symmetric_difference",
            "union",
        ),
        *("difference_update", "intersection_update", "symmetric_difference_update", "update", "subtract"),
        *("extend", "extendleft", "__iadd__", "__ior__"),
    }
)
"""Methods of containers that look into their arguments, too."""


def is_own(function: Any) -> bool:
    """Tell whether the code of a function announces for itself."""
    kind = type(function)
    inner = function.__func__ if kind is types.MethodType else function
    return type(inner) is types.FunctionType and id(inner.__globals__) in known_types.covered


def effects(call: tuple[Any, ...]) -> Iterator[Effect]:
    """Yield what a call of `call[0]` with the other items as arguments does, the reads first."""
    function = call[0]
    kind = type(function)
    if kind is functools.partial:
        yield from effects((function.func, *function.args, *call[1:]))
        return
    if is_own(function):
        return
    if kind in _BOUND and container_shape(type(function.__self__)) is not None:
        yield from _method(function.__self__, function.__name__, call)
    elif kind in _UNBOUND and len(call) > 1 and container_shape(type(call[1])) is not None:
        yield from _method(call[1], function.__name__, call[1:])
    else:
        yield from _function(function, call[1:])


def _function(function: Any, arguments: tuple[Any, ...]) -> Iterator[Effect]:
    writes = id(function) in _WRITERS
    for index, each in enumerate(arguments):
        if container_shape(type(each)) is not None:
            yield each, ANY, WRITE if writes and not index else READ


def _method(container: Any, name: str, call: tuple[Any, ...]) -> Iterator[Effect]:
    shape = container_shape(type(container))
    if shape is None or name not in EFFECTS:
        return
    if name in LOOKING:
        yield from arguments_read(call)
    kind, by_key = EFFECTS[name]
    field, kind = keyed_effect(shape, container, name, call) if by_key else (ANY, kind)
    yield container, field, kind


def arguments_read(call: tuple[Any, ...]) -> Iterator[Effect]:
    """Yield that a call looks into the containers among its arguments."""
    for each in call[1:]:
        if container_shape(type(each)) is not None:
            yield each, ANY, READ


# Iterators that several threads may step -----------------------------------------------------------------

_SAMPLES: tuple[object, ...] = (
    *(iter([]), iter(()), iter(range(0)), iter(""), iter(b""), iter(set()), iter({})),
    *(iter({}.items()), iter({}.values()), itertools.count(), itertools.repeat(0), itertools.cycle("")),
)
_ITERATORS = frozenset(id(type(each)) for each in _SAMPLES)


def stepped(iterator: object) -> object | None:
    """Return what stands for the position of an iterator, if threads may share one; None: nothing that matters.

    A generator must not be kept alive: it gives back what it holds when it goes away.
    """
    if type(iterator) is types.GeneratorType:
        return weakref.ref(iterator)
    return iterator if id(type(iterator)) in _ITERATORS else None


# Reading attributes by other means ---------------------------------------------------------------------


def named_attributes(getter: operator.attrgetter[Any]) -> tuple[str, ...]:
    """Return the attributes of its argument that an `attrgetter` reads."""
    names: tuple[str, ...] = getter.__reduce__()[1]  # type: ignore[assignment]
    return tuple(name.partition(".")[0] for name in names)
