"""Looks at types without running anything of theirs, and remembers what was found out about them."""

from __future__ import annotations

import types
import weakref
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore.access import NOVALUE

if TYPE_CHECKING:
    from collections.abc import Callable

# Types are compared by identity all through: `==` and `hash` of a class are its metaclass's, so the user's.
# For the same reason `isinstance` is out: it asks the object for its `__class__`.

covered: set[int] = set()
"""The identities of the global namespaces whose functions announce for themselves."""

namespace: Callable[[type], types.MappingProxyType[str, Any]] = type.__dict__["__dict__"].__get__
mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
dictoffset: Callable[[type], int] = type.__dict__["__dictoffset__"].__get__


def lookup(kind: type, name: str) -> tuple[type | None, object]:
    """Find a name in a type as attribute access does, without running anything."""
    for owner in mro(kind) or ():  # none yet while a metaclass works it out
        names = namespace(owner)
        if name in names:
            return owner, names[name]
    return None, NOVALUE


def derives(kind: type, *bases: type) -> bool:
    """Tell whether `kind` is or derives from one of `bases`, whatever its metaclass says."""
    return any(each is base for each in mro(kind) or () for base in bases)


def is_a(found: object, *kinds: type) -> bool:
    """Tell whether `found` is an instance of one of `kinds`, without asking it."""
    return derives(type(found), *kinds)


def has_field(obj: Any, name: str) -> bool:
    """Tell whether an object, or its type, has a name, without running anything."""
    kind = type(obj)
    return lookup(kind, name)[0] is not None or name in (instance_names(obj, kind) or ())


def instance_names(obj: Any, kind: type) -> dict[str, Any] | None:
    """Return the attributes that an object has itself, without running anything; None: it has no place for them."""
    getter = lookup(kind, "__dict__")[1]
    is_plain = type(getter) in (types.GetSetDescriptorType, types.MemberDescriptorType)
    found = getter.__get__(obj, kind) if is_plain else None  # type: ignore[attr-defined]
    return found if is_a(found, dict) else None


# What is known of types, by identity, and forgotten when they are gone ----------------------------------

_tables: list[dict[int, Any]] = []
_known: dict[int, weakref.ref[type]] = {}


def table() -> dict[int, Any]:
    """Make a table for something that is known of types."""
    made: dict[int, Any] = {}
    _tables.append(made)
    return made


def know(kind: type) -> int:
    """Return the identity of a type, and see to it that nothing is known by it when the type is gone."""
    identity = id(kind)
    if identity not in _known:
        _known[identity] = weakref.ref(kind, lambda _gone: _forget(identity))
    return identity


def _forget(identity: int) -> None:
    _known.pop(identity, None)
    for each in _tables:
        each.pop(identity, None)


def forget_types() -> None:
    """Start afresh: classes may have changed."""
    for each in _tables:
        each.clear()
    _known.clear()
