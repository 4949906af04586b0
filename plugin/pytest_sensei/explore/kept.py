"""What outlives an execution: put back as it was before the next one, so that all begin at the same start.

Globals, class attributes, default arguments, closures and caches of the code under test, what the test was given,
and the objects and containers that these lead to. Otherwise a lock that is made once, in the first interleaving,
would never be raced for again, and a counter would go on from where the last interleaving left it. Loom, for Rust,
does so with its `lazy_static` and `thread_local`.

Left as they are: threads and processes, files and connections, objects of other people's classes, modules that
were imported meanwhile, names with two underscores on both sides, and large tables. What there was at the start
lives on until the end of the exploration.
"""

from __future__ import annotations

import collections
import functools
import io
import random
import threading
import types
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import parts
from pytest_sensei.explore.known_types import derives, instance_names, mro, namespace
from pytest_sensei.primitives.locks import Lock
from pytest_sensei.primitives.queues import SimpleQueue
from pytest_sensei.primitives.rlocks import RLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_sensei.explore.parts import Part

MOST = 20_000  # objects that are kept in mind: to look through more would take longer than an execution
CROWD = 100  # items that are many: what is in them is less likely to be shared than what stands alone

_PLAIN = (
    *("collections", "concurrent.futures._base", "concurrent.futures.thread", "contextlib", "queue", "sched"),
    *("threading", "types", "unittest.mock"),
    *("_pytest.logging", "_pytest.recwarn"),  # what `caplog` and `recwarn` have heard
)
"""Modules whose classes are plain Python: how their instances are is told by their attributes."""

_CONTAINERS = frozenset(map(id, (*parts.CONTAINERS, collections.defaultdict, collections.Counter)))
_ATOMS = frozenset(
    map(id, (bool, bytes, complex, float, int, str, type(None), types.CodeType, types.BuiltinFunctionType))
)
_CACHE = type(functools.lru_cache(len))
_module_of: Callable[[type], str] = type.__dict__["__module__"].__get__  # types in C have it nowhere else


class Kept:
    """What outlives an execution, as it was before the first."""

    def __init__(self, modules: Iterable[types.ModuleType], given: Iterable[object] = ()) -> None:
        self._modules = list(modules)
        self._given = list(given)
        self._parts: list[Part] = []
        code = _Code(self._modules)
        waiting = collections.deque([*self._modules, *self._given])
        crowds: collections.deque[tuple[object, ...]] = (
            collections.deque()
        )  # looked into when all else is done
        seen: dict[int, object] = {}
        while (waiting or crowds) and len(seen) < MOST:
            if not waiting:
                waiting.extend(crowds.popleft())
            each = waiting.popleft()
            if id(type(each)) in _ATOMS or id(each) in seen:
                continue
            seen[id(each)] = each
            waiting.extend(code.through(each))
            for part in code.parts(each):
                self._parts.append(part)
                if len(part.held) < CROWD or type(each) is types.ModuleType:
                    waiting.extend(part.held)
                else:
                    crowds.append(part.held)

    def now(self) -> Kept | None:
        """Return how things stand now; None: as they stood then."""
        changed = any(part.changed() for part in self._parts)
        return Kept(self._modules, self._given) if changed else None

    def restore(self) -> None:
        """Put everything back that has changed."""
        for part in self._parts:
            if part.changed():
                part.restore()


class _Code:
    """The code under test: tells what belongs to it."""

    def __init__(self, modules: list[types.ModuleType]) -> None:
        self._spaces = {id(vars(module)) for module in modules}
        self._names = frozenset((*_PLAIN, *(module.__name__ for module in modules)))

    def through(self, obj: Any) -> tuple[object, ...]:
        """Return what something leads to that cannot change itself."""
        kind = type(obj)
        lead = _LEADING.get(id(kind))
        if lead is not None:
            return lead(obj) if lead not in _OF_FUNCTIONS or self._owns(obj) else ()
        if derives(kind, tuple):
            return tuple(tuple.__iter__(obj))
        return tuple(frozenset.__iter__(obj)) if derives(kind, frozenset) else ()

    def parts(self, obj: Any) -> Iterator[Part]:
        """Yield what may change in an object."""
        kind = type(obj)
        odd = _ODD.get(id(kind))
        if odd is not None:
            yield odd(obj)
        elif id(kind) in _CONTAINERS:
            yield from parts.items_of(obj, kind)
        elif self._owns(obj):
            yield from self._own_parts(obj, kind)

    def _owns(self, obj: Any) -> bool:
        kind = type(obj)
        if kind is types.ModuleType:
            return id(vars(obj)) in self._spaces
        if kind is types.FunctionType:
            return id(obj.__globals__) in self._spaces
        if kind is _CACHE:
            return self._owns(obj.__wrapped__)
        return _module_of(obj if derives(kind, type) else kind) in self._names

    def _own_parts(self, obj: Any, kind: type) -> Iterator[Part]:
        if kind is types.ModuleType:
            yield parts.Names(vars(obj), vars(obj), _stays)
        elif derives(kind, type):
            yield parts.Names(namespace(obj), obj, _stays)
        elif kind is _CACHE:
            yield parts.Cache(obj)
        elif derives(kind, threading.local):
            yield _of_this_thread(obj)
        elif not (derives(kind, threading.Thread) or _is_waited_for(obj, kind)):
            yield from self._instance_parts(obj, kind)

    def _instance_parts(self, obj: Any, kind: type) -> Iterator[Part]:
        yield from parts.items_of(obj, kind)
        names = instance_names(obj, kind)
        if names is not None:
            yield parts.Shape(obj, names)
            yield parts.Names(names, names)
        for owner in filter(self._owns, mro(kind)):
            for found in namespace(owner).values():
                if type(found) is types.MemberDescriptorType and found.__name__ != "__dict__":
                    yield parts.Slot(obj, found)


def _is_waited_for(obj: Any, kind: type) -> bool:
    """Tell whether threads outside of the exploration wait for a condition."""
    return derives(kind, threading.Condition) and bool((instance_names(obj, kind) or {}).get("_waiters"))


def _stays(name: object, now: object) -> bool:
    """Tell whether a name of a module or class stays: an import is made once, and sets its package's names once."""
    is_special = type(name) is str and name[:2] == "__" == name[-2:]
    return is_special or type(now) is types.ModuleType


def _closed_over(function: types.FunctionType) -> tuple[object, ...]:
    keywords = function.__kwdefaults__ or {}
    return (*(function.__defaults__ or ()), *keywords.values(), *(function.__closure__ or ()))


def _wrapped(function: Any) -> tuple[object, ...]:
    return (function.__wrapped__,)


def _of_this_thread(local: threading.local) -> Part:
    names = threading.local.__getattribute__(local, "__dict__")
    return parts.Names(names, names)


# By the identities of types: to ask a type whether it is another one would ask its metaclass.
_LEADING: dict[int, Callable[[Any], tuple[object, ...]]] = {
    id(staticmethod): lambda method: (method.__func__,),
    id(classmethod): lambda method: (method.__func__,),
    id(types.MethodType): lambda method: (method.__func__, method.__self__),
    id(functools.partial): lambda call: (call.func, call.args, call.keywords),
    id(property): lambda found: (found.fget, found.fset, found.fdel),
    id(types.FunctionType): _closed_over,
    id(_CACHE): _wrapped,
}
_OF_FUNCTIONS = (_closed_over, _wrapped)
_ODD: dict[int, Callable[[Any], Part]] = {
    id(types.CellType): parts.Cell,
    id(Lock): parts.Freedom,
    id(RLock): parts.Freedom,
    id(SimpleQueue): parts.Queued,
    id(threading.local): _of_this_thread,
    id(random.Random): parts.Chance,
    id(io.StringIO): lambda file: parts.Text(file, io.StringIO),
    id(io.BytesIO): lambda file: parts.Text(file, io.BytesIO),
}
