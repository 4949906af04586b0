"""What a field holds right now."""

from __future__ import annotations

import functools
import types
import weakref
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore.access import ABSENT, ANY, NOVALUE
from pytest_sensei.explore.containers import SEQUENCES
from pytest_sensei.explore.known_types import derives, instance_names, lookup, namespace

if TYPE_CHECKING:
    from collections.abc import Hashable


def peek(obj: Any, field: Hashable) -> object:
    """Return what a read of the field sees now: `ABSENT` where nothing is, `NOVALUE` where nobody can tell.

    Of a container as a whole that is the container. Runs no code of the user's.
    """
    if isinstance(field, tuple):
        return _peek_item(obj, field[1])
    kind = type(obj)
    if not isinstance(field, str):
        return obj if field is ANY and kind is not weakref.ref else NOVALUE
    if kind is types.CellType:
        return _peek_cell(obj)
    if kind is types.CodeType:
        return NOVALUE  # the cache of a function
    if kind is dict:
        return obj.get(field, ABSENT)
    return _peek_attribute(obj, kind, field)


def _peek_cell(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return ABSENT


def _peek_item(container: Any, key: Any) -> object:
    kind = type(container)
    if derives(kind, dict):
        return dict.get(container, key, NOVALUE if lookup(kind, "__missing__")[0] else ABSENT)
    if derives(kind, set):
        return set.__contains__(container, key)
    for base in SEQUENCES:
        if derives(kind, base):
            return base.__getitem__(container, key) if -1 < key < base.__len__(container) else NOVALUE
    return NOVALUE


def _peek_attribute(obj: Any, kind: type, name: str) -> object:
    if derives(kind, type):
        return namespace(obj).get(name, NOVALUE)
    found = lookup(kind, name)[1]
    if type(found) is types.MemberDescriptorType:
        try:
            return found.__get__(obj, kind)
        except AttributeError:  # the slot is empty
            return ABSENT
    return dict.get(instance_names(obj, kind) or {}, name, _default(kind, found))


def _default(kind: type, found: object) -> object:
    """Return what stands in for an attribute that an object does not have itself: what its class has."""
    if found is NOVALUE:
        return NOVALUE if lookup(kind, "__getattr__")[0] else ABSENT
    if derives(type(found), functools.cached_property):
        return ABSENT
    return NOVALUE if lookup(type(found), "__get__")[0] else found
