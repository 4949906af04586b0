"""What a call of code that is not rewritten does to shared data: a function, or a method under another name."""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import operator
import random
import types
import weakref
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import known_types
from pytest_sensei.explore.access import ANY, READ, WRITE, Access
from pytest_sensei.explore.containers import EFFECTS, keyed_effect, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Effect = tuple[object, "Hashable", Access]

# Functions that write their first argument.
_WRITERS = {
    id(each): each
    for each in (
        *(heapq.heappush, heapq.heappop, heapq.heapify, heapq.heapreplace, heapq.heappushpop),
        *(bisect.insort, bisect.insort_left, bisect.insort_right, random.shuffle),
    )
}
_OPERATORS = {
    id(operator.getitem): "__getitem__",
    id(operator.setitem): "__setitem__",
    id(operator.delitem): "__delitem__",
    id(operator.contains): "__contains__",
    **dict.fromkeys((id(operator.iadd), id(operator.iconcat)), "__iadd__"),
    id(operator.ior): "__ior__",
    id(operator.iand): "__iand__",
    id(operator.isub): "__isub__",
    id(operator.ixor): "__ixor__",
    id(operator.imul): "__imul__",
}
"""Functions that do to their first argument what a method of it does."""

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
    if kind is operator.methodcaller and len(call) == 2:
        method = function.__reduce__()[1]  # its name and arguments; with keywords: a partial object's
        yield from _method(call[1], method[0], (function, *method[1:]))
        return
    if id(function) in _OPERATORS and len(call) > 1:
        yield from _method(call[1], _OPERATORS[id(function)], (function, *call[2:]))
        return
    if kind in _BOUND and shape_of(function.__self__) is not None:
        yield from _method(function.__self__, function.__name__, call)
    elif kind in _UNBOUND and len(call) > 1 and shape_of(call[1]) is not None:
        yield from _method(call[1], function.__name__, call[1:])
    else:
        yield from _function(function, call[1:])


def _function(function: Any, arguments: tuple[Any, ...]) -> Iterator[Effect]:
    writes = id(function) in _WRITERS
    for index, each in enumerate(arguments):
        if shape_of(each) is not None:
            yield each, ANY, WRITE if writes and not index else READ


def _method(container: Any, name: str, call: tuple[Any, ...]) -> Iterator[Effect]:
    shape = shape_of(container)
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
        if shape_of(each) is not None:
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
        position = weakref.ref(iterator)
        if len(_positions) > _MOST_POSITIONS:
            _positions.clear()
        _positions[id(iterator.gi_frame)] = position
        return position
    return iterator if id(type(iterator)) in _ITERATORS else None


# Reading attributes by other means ---------------------------------------------------------------------


_positions: dict[int, weakref.ref[types.GeneratorType[Any, Any, Any]]] = {}  # by the generator's frame
_MOST_POSITIONS = 10_000


def position_of(frame: types.FrameType) -> object | None:
    """Return the same for the generator whose frame it is, if somebody who announces steps it."""
    position = _positions.get(id(frame))
    generator = position() if position is not None else None
    return position if generator is not None and generator.gi_frame is frame else None


# Functions that others call, and caches -----------------------------------------------------------------

CACHED: type = type(functools.lru_cache(len))


def cached_code(function: Any) -> types.CodeType | None:
    """Return what stands for the cache of `functools.cache`: the code that fills it, if that announces."""
    inner = function.__wrapped__
    return inner.__code__ if type(inner) is types.FunctionType and is_own(inner) else None


class Told:
    """A container's method that is called from C, as `map` does: announces each call."""

    __slots__ = ("announce", "method")

    def __init__(self, method: Callable[..., Any], announce: Callable[..., object]) -> None:
        self.method = method
        self.announce = announce

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        self.announce(self.method, *args)
        return self.method(*args, **keywords)


def is_of_container(function: object) -> bool:
    """Tell whether it is a bound method of a container."""
    return type(function) in _BOUND and shape_of(function.__self__) is not None  # type: ignore[attr-defined]


def named_attributes(getter: operator.attrgetter[Any]) -> tuple[str, ...]:
    """Return the attributes of its argument that an `attrgetter` reads."""
    names: tuple[str, ...] = getter.__reduce__()[1]  # type: ignore[assignment]
    return tuple(name.partition(".")[0] for name in names)
