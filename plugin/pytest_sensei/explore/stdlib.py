"""What the standard library does to the user's objects between two lines of theirs: generated methods, caches."""

from __future__ import annotations

import dataclasses
import functools
import reprlib
import sys
import threading
import types
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import hooks, known_types
from pytest_sensei.explore.access import WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_sensei.explore.environment import World

_MISSING: Any = object()


@contextmanager
def announcing(world: World, modules: Iterable[types.ModuleType]) -> Iterator[None]:
    """Let cached properties and the generated methods of data classes announce what they access."""
    with ExitStack() as stack:
        stack.enter_context(_cached_properties(world))
        stack.enter_context(_data_classes(modules))
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    original = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


# Cached properties --------------------------------------------------------------------------------------


@contextmanager
def _cached_properties(world: World) -> Iterator[None]:
    """Let `functools.cached_property` announce that it stores: two threads may both have found nothing.

    That it looks was announced as the attribute was named. Before Python 3.12 a lock of its own, which
    belongs to nobody here, keeps others out meanwhile: one that is under control does that instead.
    """
    kind: Any = functools.cached_property
    original = kind.__get__
    locks: dict[int, tuple[object, Any]] = {}

    def get(self: Any, instance: Any, owner: Any = None) -> Any:
        names = getattr(instance, "__dict__", None)
        if instance is None or self.attrname is None or type(names) is not dict:
            return original(self, instance, owner)
        found = names.get(self.attrname, _MISSING)
        if found is _MISSING and not hasattr(self, "lock"):
            found = _compute(self, instance, names)
        elif found is _MISSING:
            with locks.setdefault(id(self), (self, threading.RLock()))[1]:
                found = names.get(self.attrname, _MISSING)
                if found is _MISSING:
                    found = _compute(self, instance, names)
        return found

    def _compute(self: Any, instance: Any, names: dict[str, Any]) -> Any:
        value = self.func(instance)
        if world.execution is not None:
            world.execution.access(instance, self.attrname, WRITE, value)
        names[self.attrname] = value
        return value

    with _replaced(kind, "__get__", get):
        yield


# Data classes -------------------------------------------------------------------------------------------

_GENERATED = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__repr__")
_Changed = list[tuple["weakref.ref[type]", str, object]]


@contextmanager
def _data_classes(modules: Iterable[types.ModuleType]) -> Iterator[None]:
    """Let the methods that `dataclass` has written read one field after the other, as they do."""
    process: Any = dataclasses._process_class  # type: ignore[attr-defined]
    names = {module.__name__ for module in modules}
    changed: _Changed = []

    def processed(*args: Any, **keywords: Any) -> Any:
        made = process(*args, **keywords)
        if made.__module__ in names:
            _change(made, changed)
        return made

    for module in modules:
        for each in list(vars(module).values()):
            if known_types.is_a(each, type) and each.__module__ in names:
                _change(each, changed)
    try:
        with _replaced(dataclasses, "_process_class", processed):
            yield
    finally:
        for reference, name, method in reversed(changed):
            owner = reference()
            if owner is not None:
                type.__setattr__(owner, name, method)


def _change(owner: type, changed: _Changed) -> None:
    """Replace the generated methods of a data class."""
    own = known_types.namespace(owner)
    if "__dataclass_fields__" not in own or known_types.lookup(owner, "__del__")[0] is not None:
        return
    for name in _GENERATED:
        method = own.get(name)
        if type(method) is types.FunctionType and _is_generated(method):
            type.__setattr__(owner, name, _announcing_method(name, method))
            changed.append((weakref.ref(owner), name, method))


def _is_generated(method: types.FunctionType) -> bool:
    inner = getattr(method, "__wrapped__", method)
    return type(inner) is types.FunctionType and inner.__code__.co_filename == "<string>"


def _announcing_method(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    used = "repr" if name == "__repr__" else "compare"

    @functools.wraps(method)
    def alone(self: Any) -> Any:
        return method(*_stand_ins((self,), used))

    @functools.wraps(method)
    def compared(self: Any, other: Any) -> Any:
        if other is self or other.__class__ is not self.__class__:
            return method(self, other)
        return method(
            *_stand_ins((self, other), used, in_turn=name == "__eq__" and sys.version_info >= (3, 13))
        )

    return reprlib.recursive_repr()(alone) if used == "repr" else compared


def _stand_ins(objects: tuple[Any, ...], used: str = "", *, in_turn: bool = False) -> list[Any]:
    """Return copies of data class instances, made by reading one field after the other.

    `used`: the setting of a field that tells whether it is read. `in_turn`: of all objects before the next field.
    """
    fields = objects[0].__dataclass_fields__.values()
    names = [each.name for each in fields if each._field_type is _FIELD and (not used or getattr(each, used))]
    copies = [object.__new__(type(each)) for each in objects]
    both = list(zip(objects, copies, strict=True))
    order = (
        [(*two, name) for name in names for two in both]
        if in_turn
        else [(*two, name) for two in both for name in names]
    )
    for obj, copy, name in order:
        object.__setattr__(copy, name, getattr(hooks.read_attr(obj, name), name))
    return copies


_FIELD: Any = dataclasses._FIELD  # type: ignore[attr-defined]


def _on_stand_in(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        if args and "__dataclass_fields__" in known_types.namespace(type(args[0])):
            return function(*_stand_ins(args[:1]), *args[1:], **keywords)
        return function(*args, **keywords)

    return call


hooks.stdlib_readers.update(
    {id(each): _on_stand_in(each) for each in (dataclasses.replace, dataclasses.asdict, dataclasses.astuple)}
)
