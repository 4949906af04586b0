"""How an access to an attribute is announced: as data of the object, of its class or module, or not at all."""

from __future__ import annotations

import functools
import threading
import types
import weakref
from collections.abc import Callable, Hashable
from typing import Any, Literal

from pytest_sensei.explore.access import READ, Access
from pytest_sensei.explore.known_types import derives, dictoffset, forget_types, is_a, know, lookup, table

Announce = Callable[[object, Hashable, Access, object], None]
Special = Callable[[Announce, object, str, Access, object], None]
Plan = Special | Literal[True] | None
"""How to announce an attribute: True: a field of the object; None: not at all; else ask the function."""

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
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def load_plan(kind: type, name: str) -> Plan:
    """Decide how reading `name` of an instance of `kind` is announced."""
    special = _special(kind)
    if special is not False:
        return special
    owner, found = lookup(kind, name)
    if owner is None:
        return True if dictoffset(kind) else None
    if is_a(found, types.MemberDescriptorType):
        return True
    if is_a(found, *_CODE) or _is_data_descriptor(found):
        return None
    if lookup(type(found), "__get__")[0] is not None:
        return True  # such as functools.cached_property: the instance shadows it later
    return _default(owner) if dictoffset(kind) else _class_variable(owner)


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


def is_code(value: object) -> bool:
    """Tell whether the value of a global is a module, a class or a function: code, not data."""
    kind = type(value)
    known = code_types.get(id(kind))
    if known is None:
        known = code_types[know(kind)] = derives(kind, type, types.ModuleType) or is_a(value, *_FUNCTIONS)
    return known


loads: dict[int, Names] = table()
stores: dict[int, Names] = table()
code_types: dict[int, bool] = table()


def learn_loads(kind: type) -> Names:
    """Begin the table of a type for reading attributes."""
    names = loads[know(kind)] = Names(kind, load_plan)
    return names


def learn_stores(kind: type) -> Names:
    """Begin the table of a type for writing attributes."""
    names = stores[know(kind)] = Names(kind, store_plan)
    return names
