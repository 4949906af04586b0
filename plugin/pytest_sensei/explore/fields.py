"""Which accesses touch shared data: what an attribute, an item or a method call really reads and writes."""

from __future__ import annotations

import array
import collections
import functools
import gc
import threading
import types
import weakref
from collections.abc import (
    Callable,
    Hashable,
    MutableMapping,
    MutableSequence,
    MutableSet,
)
from enum import Enum
from typing import Any, Literal, cast

from pytest_sensei.explore.access import ANY, DELETE, ITEM, NOVALUE, READ, WRITE, Access

Announce = Callable[[object, Hashable, Access, object], None]
Special = Callable[[Announce, object, str, Access, object], None]
Plan = Special | Literal[True] | None
"""How to announce an attribute: True: a field of the object; None: not at all; else ask the function."""

# Types are compared by identity all through: `==` and `hash` of a class are its metaclass's, so the user's.
# For the same reason `isinstance` is out: it asks the object for its `__class__`.

covered: set[int] = set()
"""The identities of the global namespaces whose functions announce for themselves."""

_namespace: Callable[[type], types.MappingProxyType[str, Any]] = type.__dict__["__dict__"].__get__
_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
_dictoffset: Callable[[type], int] = type.__dict__["__dictoffset__"].__get__

_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    classmethod,
    staticmethod,
    property,
    functools.partialmethod,
    type,
)


def lookup(kind: type, name: str) -> tuple[type | None, object]:
    """Find a name in a type as attribute access does, without running anything."""
    for owner in _mro(kind) or ():  # none yet while a metaclass works it out
        names = _namespace(owner)
        if name in names:
            return owner, names[name]
    return None, NOVALUE


def derives(kind: type, *bases: type) -> bool:
    """Tell whether `kind` is or derives from one of `bases`, whatever its metaclass says."""
    return any(each is base for each in _mro(kind) or () for base in bases)


def is_a(found: object, *kinds: type) -> bool:
    """Tell whether `found` is an instance of one of `kinds`, without asking it."""
    return derives(type(found), *kinds)


# Attributes -----------------------------------------------------------------------------------------


def load_plan(kind: type, name: str) -> Plan:
    """Decide how reading `name` of an instance of `kind` is announced."""
    special = _special(kind)
    if special is not False:
        return special
    owner, found = lookup(kind, name)
    if owner is None:
        return True if _dictoffset(kind) else None
    if is_a(found, types.MemberDescriptorType):
        return True
    if is_a(found, *_CODE) or _is_data_descriptor(found):
        return None
    if lookup(type(found), "__get__")[0] is not None:
        return True  # such as functools.cached_property: the instance shadows it later
    return _default(owner) if _dictoffset(kind) else _class_variable(owner)


def store_plan(kind: type, name: str) -> Plan:
    """Decide how writing or deleting `name` of an instance of `kind` is announced."""
    special = _special(kind)
    if special is not False:
        return special
    found = lookup(kind, name)[1]
    if is_a(found, types.MemberDescriptorType):
        return True
    return None if _is_data_descriptor(found) else True


def _special(kind: type) -> Special | Literal[False] | None:
    if derives(kind, types.ModuleType):
        return _module_field
    if derives(kind, type):
        return _class_field
    return None if derives(kind, threading.local) else False


def _is_data_descriptor(found: object) -> bool:
    kind = type(found)
    return lookup(kind, "__set__")[0] is not None or lookup(kind, "__delete__")[0] is not None


def _default(owner: type) -> Special:
    variable = _class_variable(owner)

    def of_both(announce: Announce, obj: object, name: str, kind: Access, value: object) -> None:
        announce(obj, name, kind, value)  # a write to the instance would change what is read
        variable(announce, obj, name, kind, value)

    return of_both


def _class_variable(owner: type) -> Special:
    alive = weakref.ref(owner)  # the plan shall not keep the class

    def of_owner(announce: Announce, _obj: object, name: str, kind: Access, value: object) -> None:
        announce(alive(), name, kind, value)

    return of_owner


def _module_field(announce: Announce, obj: object, name: str, kind: Access, value: object) -> None:
    names = types.ModuleType.__getattribute__(obj, "__dict__")
    if names is None or (kind is READ and is_code(names.get(name))):  # None: not initialised
        return
    announce(names, name, kind, value)


def _class_field(announce: Announce, obj: Any, name: str, kind: Access, value: object) -> None:
    if _is_data_descriptor(lookup(type(obj), name)[1]):
        return
    if kind is not READ:
        forget_types()  # what we know of the instances may hold no longer
        announce(obj, name, kind, value)
        return
    owner, found = lookup(obj, name)
    if owner is None or is_a(found, *_CODE) or lookup(type(found), "__get__")[0] is not None:
        return
    if owner is not obj:
        announce(obj, name, kind, value)  # a write to the subclass would change what is read
    announce(owner, name, kind, value)


class Names(dict[str, Plan]):
    """The plans for the attributes of one type, made on demand."""

    __slots__ = ("kind", "make")

    def __init__(self, kind: type, make: Callable[[type, str], Plan]) -> None:
        self.kind = weakref.ref(kind)
        self.make = make

    def __missing__(self, name: str) -> Plan:
        kind = self.kind()
        plan = self[name] = None if kind is None else self.make(kind, name)
        return plan


# Containers -----------------------------------------------------------------------------------------


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

_INDEXED = (list, collections.deque, bytearray, array.array)
SAFE_KEYS = frozenset(map(id, (str, int, bool, float, bytes, complex, type(None))))
_MAPPINGS: tuple[dict[str, str], ...] = ({}, collections.OrderedDict())
_VIEWS = tuple(type(view()) for each in _MAPPINGS for view in (each.keys, each.values, each.items))
_STEPPED = tuple(lookup(kind, "__iter__")[1] for kind in (dict, set, collections.OrderedDict, *_INDEXED))
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
    if derives(kind, *_INDEXED):
        return Shape.INDEXED
    return Shape.OPAQUE if _is_foreign_container(kind) else None


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
    "issuperset items keys most_common symmetric_difference total union values"
)
_WHOLE_WRITES = (
    "__iadd__ __iand__ __imul__ __ior__ __isub__ __ixor__ append appendleft clear difference_update extend "
    "extendleft insert intersection_update move_to_end popitem popleft reverse rotate sort subtract "
    "symmetric_difference_update update"
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


# Values ---------------------------------------------------------------------------------------------


def peek(obj: Any, field: Hashable) -> object:
    """Return what a read of the field sees now, or `NOVALUE`; runs no code of the user's."""
    if isinstance(field, tuple):
        return _peek_item(obj, field[1])
    if not isinstance(field, str):
        return NOVALUE
    kind = type(obj)
    if kind is types.CellType:
        return _peek_cell(obj)
    if kind is dict:
        return obj.get(field, NOVALUE)
    return _peek_attribute(obj, kind, field)


def _peek_cell(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return NOVALUE


def _peek_item(container: Any, key: Any) -> object:
    kind = type(container)
    if derives(kind, dict):
        return dict.get(container, key, NOVALUE)
    for base in _INDEXED:
        if derives(kind, base):
            return base.__getitem__(container, key) if -1 < key < base.__len__(container) else NOVALUE
    return NOVALUE


def _peek_attribute(obj: Any, kind: type, name: str) -> object:
    if derives(kind, type):
        return _namespace(obj).get(name, NOVALUE)
    found = lookup(kind, name)[1]
    if type(found) is types.MemberDescriptorType:
        try:
            return found.__get__(obj, kind)
        except AttributeError:  # the slot is empty
            return NOVALUE
    getter = lookup(kind, "__dict__")[1]
    names = getter.__get__(obj, kind) if type(getter) is types.GetSetDescriptorType else {}
    return dict.get(names, name, NOVALUE)


_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def is_code(value: object) -> bool:
    """Tell whether the value of a global is a module, a class or a function: code, not data."""
    kind = type(value)
    known = code_types.get(id(kind))
    if known is None:
        known = code_types[_know(kind)] = derives(kind, type, types.ModuleType) or is_a(value, *_FUNCTIONS)
    return known


# What is known of types, by identity: their own `__hash__` and `__eq__` are the user's -----------------

loads: dict[int, Names] = {}
stores: dict[int, Names] = {}
shapes: dict[int, Shape | None] = {}
subscripts: dict[int, Shape | None] = {}
iterations: dict[int, Iteration | None] = {}
code_types: dict[int, bool] = {}
_tables: tuple[dict[int, Any], ...] = (loads, stores, shapes, subscripts, iterations, code_types)
_known: dict[int, weakref.ref[type]] = {}


def learn_loads(kind: type) -> Names:
    """Begin the table of a type for reading attributes."""
    names = loads[_know(kind)] = Names(kind, load_plan)
    return names


def learn_stores(kind: type) -> Names:
    """Begin the table of a type for writing attributes."""
    names = stores[_know(kind)] = Names(kind, store_plan)
    return names


def learn_shape(kind: type) -> Shape | None:
    """Note what kind of container a type is."""
    shape = shapes[_know(kind)] = container_shape(kind)
    return shape


def learn_subscript(kind: type) -> Shape | None:
    """Note what kind of container a type is, for subscripts."""
    shape = subscripts[_know(kind)] = subscript_shape(kind)
    return shape


def learn_iteration(kind: type) -> Iteration | None:
    """Note what kind of iterable a type is."""
    how = iterations[_know(kind)] = iteration(kind)
    return how


def _know(kind: type) -> int:
    """Return the identity of a type, and see to it that nothing is known by it when the type is gone."""
    identity = id(kind)
    if identity not in _known:
        _known[identity] = weakref.ref(kind, lambda _gone: _forget(identity))
    return identity


def _forget(identity: int) -> None:
    _known.pop(identity, None)
    for table in _tables:
        table.pop(identity, None)


def forget_types() -> None:
    """Start afresh: classes may have changed."""
    for table in _tables:
        table.clear()
    _known.clear()
