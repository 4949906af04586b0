"""What of a container its operations read and write."""

from __future__ import annotations

import array
import collections
import gc
import io
import types
from collections.abc import Hashable, MutableMapping, MutableSequence, MutableSet
from enum import Enum
from typing import Any, cast

from pytest_sensei.explore.access import ANY, DELETE, ITEM, READ, WRITE, Access
from pytest_sensei.explore.known_types import covered, derives, know, lookup, table


class Shape(Enum):
    """How the items of a container are told apart."""

    KEYED = "keyed"
    FILLING = "filling"  # keyed, and reading an absent key may write it
    INDEXED = "indexed"
    OPAQUE = "opaque"  # only as a whole


# Members of an enum are slow to get at.
KEYED = Shape.KEYED
FILLING = Shape.FILLING
INDEXED = Shape.INDEXED
OPAQUE = Shape.OPAQUE

SEQUENCES = (list, collections.deque, bytearray, array.array)
BUFFERS = (io.StringIO, io.BytesIO)
SAFE_KEYS = frozenset(map(id, (str, int, bool, float, bytes, complex, type(None))))
_MAPPINGS: tuple[dict[str, str], ...] = ({}, collections.OrderedDict())
_VIEWS = tuple(type(view()) for each in _MAPPINGS for view in (each.keys, each.values, each.items))
_STEPPED = tuple(lookup(kind, "__iter__")[1] for kind in (dict, set, collections.OrderedDict, *SEQUENCES))
_IMMUTABLE = (
    str,
    bytes,
    tuple,
    range,
    frozenset,
    int,
    float,
    complex,
    type,
    type(None),
    types.MappingProxyType,
    types.GenericAlias,
)


def container_shape(kind: type) -> Shape | None:
    """Tell how instances of `kind` hold items; None: they are no mutable container of ours to announce."""
    if derives(kind, dict):
        return Shape.FILLING if lookup(kind, "__missing__")[0] else Shape.KEYED
    if derives(kind, set):
        return Shape.KEYED
    if derives(kind, *SEQUENCES):
        return Shape.INDEXED
    return Shape.OPAQUE if derives(kind, *BUFFERS) or _is_foreign_container(kind) else None


def subscript_shape(kind: type) -> Shape | None:
    """Tell the same for subscripts: objects of C types may hold shared items, too."""
    shape = container_shape(kind)
    if shape is not None or derives(kind, *_IMMUTABLE):
        return shape
    getter = lookup(kind, "__getitem__")[1]
    return Shape.OPAQUE if type(getter) is types.WrapperDescriptorType else None


def _is_foreign_container(kind: type) -> bool:
    """Tell whether it is a container of Python code that does not announce for itself."""
    method = lookup(kind, "__len__")[1]
    announces = type(method) is types.FunctionType and id(method.__globals__) in covered
    return not announces and derives(kind, MutableMapping, MutableSequence, MutableSet)


def item_field(shape: Shape, container: Any, key: object) -> Hashable:
    """Name the field that `container[key]` touches; `ANY` where only running user code could tell."""
    if shape is INDEXED:
        if type(key) is not int:
            return ANY
        return (ITEM, key if key >= 0 else key + len(container))
    if shape is OPAQUE:
        return ANY
    return (ITEM, key) if id(type(key)) in SAFE_KEYS or is_safe_key(key) else ANY


def is_safe_key(key: object) -> bool:
    """Tell whether hashing and comparing `key` runs no code of the user's."""
    kind = type(key)
    if id(kind) in SAFE_KEYS:
        return True
    if kind is tuple:
        return all(map(is_safe_key, cast("tuple[object, ...]", key)))
    return (
        lookup(kind, "__hash__")[1] is object.__hash__ and lookup(kind, "__eq__")[1] is object.__eq__
    ) or kind is type


def fills(container: Any, key: object) -> bool:
    """Tell whether reading `key` of a mapping with `__missing__` may write it."""
    return not is_safe_key(key) or not dict.__contains__(container, key)


class Iteration(Enum):
    """How the steps of an iteration can be announced."""

    STEPPED = "stepped"  # a built-in container: each step reads it
    VIEW = "view"  # the same, of the dictionary behind a view
    WHOLE = "whole"  # once, at the start


def iteration(kind: type) -> Iteration | None:
    """Tell what `for _ in x` reads, for an `x` of this type; None: nothing that is ours to announce."""
    if any(kind is each for each in _VIEWS):
        return Iteration.VIEW
    if container_shape(kind) is None:
        return None
    method = lookup(kind, "__iter__")[1]
    return Iteration.STEPPED if any(method is each for each in _STEPPED) else Iteration.WHOLE


def viewed(view: object) -> object:
    """Return the dictionary behind one of its views."""
    return next((each for each in gc.get_referents(view) if derives(type(each), dict)), view)


ByKey = bool
_WHOLE_READS = (
    "__iter__ __len__ __reversed__ copy count difference elements index intersection isdisjoint issubset "
    "issuperset items keys getvalue tell most_common symmetric_difference total union values"
)
_WHOLE_WRITES = (
    "__iadd__ __iand__ __imul__ __ior__ __isub__ __ixor__ append appendleft clear difference_update extend "
    "extendleft insert intersection_update move_to_end popitem popleft reverse rotate sort subtract "
    "symmetric_difference_update update "
    "read readline readlines seek truncate write writelines"
)
EFFECTS: dict[str, tuple[Access, ByKey]] = {
    **dict.fromkeys(_WHOLE_READS.split(), (READ, False)),
    **dict.fromkeys(_WHOLE_WRITES.split(), (WRITE, False)),
    **dict.fromkeys(("__contains__", "__getitem__", "get"), (READ, True)),
    **dict.fromkeys(("__setitem__", "add", "setdefault"), (WRITE, True)),
    **dict.fromkeys(("__delitem__", "discard", "pop", "remove"), (DELETE, True)),
}
"""What the methods of containers do, and whether their first argument names the item."""

_BY_VALUE = frozenset({"__contains__", "pop", "remove"})  # of a list: a value, or moves the others


def keyed_effect(
    shape: Shape, container: object, name: str, call: tuple[Any, ...]
) -> tuple[Hashable, Access]:
    """Tell the field and the kind of access of a method call whose argument, `call[1]`, names the item."""
    kind = EFFECTS[name][0]
    if len(call) < 2 or (shape is INDEXED and name in _BY_VALUE):
        return ANY, WRITE if kind is DELETE else kind
    return item_field(shape, container, call[1]), kind


shapes: dict[int, Shape | None] = table()
subscripts: dict[int, Shape | None] = table()
iterations: dict[int, Iteration | None] = table()


def learn_shape(kind: type) -> Shape | None:
    """Note what kind of container a type is."""
    shape = shapes[know(kind)] = container_shape(kind)
    return shape


def shape_of(obj: object) -> Shape | None:
    """Tell what kind of container an object is; None: not one."""
    kind = type(obj)
    try:
        return shapes[id(kind)]
    except KeyError:
        return learn_shape(kind)


def learn_subscript(kind: type) -> Shape | None:
    """Note what kind of container a type is, for subscripts."""
    shape = subscripts[know(kind)] = subscript_shape(kind)
    return shape


def learn_iteration(kind: type) -> Iteration | None:
    """Note what kind of iterable a type is."""
    how = iterations[know(kind)] = iteration(kind)
    return how
