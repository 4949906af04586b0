"""What instrumented code calls right before each access to shared data; the access itself stays native."""

from __future__ import annotations

import functools
import operator
import sys
import types
from itertools import starmap
from typing import TYPE_CHECKING, Any, cast

from pytest_sensei.explore import attributes, containers, foreign, known_types
from pytest_sensei.explore.access import ANY, DELETE, ITEM, NOVALUE, READ, WRITE, Access, Observer
from pytest_sensei.explore.attributes import is_code
from pytest_sensei.explore.containers import (
    EFFECTS,
    FILLING,
    INDEXED,
    KEYED,
    SAFE_KEYS,
    Iteration,
    Shape,
    item_field,
    keyed_effect,
)
from pytest_sensei.explore.fields import peek

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

__all__ = ["ANY", "ITEM", "NOVALUE", "Access", "Observer", "observe_with", "peek", "user_frame"]


def _nobody(obj: object, field: Hashable, kind: Access, value: object) -> None:
    """Nobody is told."""


_access: attributes.Announce = _nobody
stdlib_readers: dict[int, Callable[..., Any]] = {}
"""Functions of the standard library that read a whole object, and what announces that and is called for them."""

_identify: Callable[[object], int] | None = None
"""Numbers objects alike in each execution, where sets are to be gone through in an order that does not change."""

_loads = attributes.loads
_stores = attributes.stores
_shapes = containers.shapes
_shape = containers.shape_of
_subscripts = containers.subscripts
_iterations = containers.iterations


def observe_with(observer: Observer | None) -> None:
    """Announce every access to `observer` from now on, or to nobody."""
    global _access  # noqa: PLW0603  (the one slot that every hook reads)
    _access = _nobody if observer is None else observer.access


def order_sets(identify: Callable[[object], int] | None) -> None:
    """Have sets gone through in the order in which their members came, as `identify` numbers them; or as they lie.

    By itself the order follows the hashes, and thus, with most objects, where they happen to lie in memory.
    """
    global _identify  # noqa: PLW0603
    _identify = identify


def _in_order(members: set[Any]) -> list[Any]:
    assert _identify is not None
    return sorted(members, key=_identify)


def _steps_in_order(members: set[Any]) -> Iterator[Any]:
    size = len(members)
    for member in _in_order(members):
        if len(members) != size:
            raise RuntimeError("Set changed size during iteration")
        yield member


def _first_out(members: set[Any]) -> Any:
    """Do `members.pop()`."""
    if not members:
        return members.pop()
    first = _in_order(members)[0]
    members.remove(first)
    return first


def user_frame() -> types.FrameType:
    """Return the frame of the instrumented code that makes the current announcement."""
    frame = sys._getframe(1)  # the documented way to a caller's frame
    while frame.f_back is not None and frame.f_globals is not globals():
        frame = frame.f_back
    while frame.f_back is not None and frame.f_globals is globals():
        frame = frame.f_back
    return frame


# Each hook returns what the native operation around it takes, so that nothing is evaluated twice.


def read_attr(obj: object, name: str) -> object:
    kind = type(obj)
    names = _loads.get(id(kind))
    plan = (attributes.learn_loads(kind) if names is None else names)[name]
    if plan is True:
        _access(obj, name, READ, NOVALUE)
    elif plan is not None:
        plan(_access, obj, name, READ, NOVALUE)
    return obj


def write_attr(value: object, obj: object, name: str) -> tuple[object, str, object]:
    kind = type(obj)
    names = _stores.get(id(kind))
    plan = (attributes.learn_stores(kind) if names is None else names)[name]
    if plan is True:
        _access(obj, name, WRITE, value)
    elif plan is not None:
        plan(_access, obj, name, WRITE, value)
    return obj, name, value


def delete_attr(obj: object, name: str) -> tuple[object, str]:
    kind = type(obj)
    names = _stores.get(id(kind))
    plan = (attributes.learn_stores(kind) if names is None else names)[name]
    if plan is True:
        _access(obj, name, DELETE, NOVALUE)
    elif plan is not None:
        plan(_access, obj, name, DELETE, NOVALUE)
    return obj, name


def named_read(*call: Any) -> tuple[Any, ...]:
    """For `getattr(obj, name)` and `hasattr(obj, name)`."""
    if len(call) > 1 and type(call[1]) is str:
        read_attr(call[0], call[1])
    return call


def named_write(*call: Any) -> tuple[Any, ...]:
    """For `setattr(obj, name, value)`."""
    if len(call) == 3 and type(call[1]) is str:
        write_attr(call[2], call[0], call[1])
    return call


def named_delete(*call: Any) -> tuple[Any, ...]:
    """For `delattr(obj, name)`."""
    if len(call) == 2 and type(call[1]) is str:
        delete_attr(call[0], call[1])
    return call


def _subscript_shape(obj: object) -> Shape | None:
    kind = type(obj)
    try:
        return _subscripts[id(kind)]
    except KeyError:
        return containers.learn_subscript(kind)


def read_item(obj: object, key: object) -> tuple[object, object]:
    shape = _subscript_shape(obj)
    if shape is KEYED and id(type(key)) in SAFE_KEYS:  # the usual case
        _access(obj, (ITEM, key), READ, NOVALUE)
    elif shape is not None:
        filling = shape is FILLING and containers.fills(obj, key)
        _access(obj, item_field(shape, obj, key), WRITE if filling else READ, NOVALUE)
    return obj, key


def write_item(value: object, obj: object, key: object) -> tuple[object, object, object]:
    shape = _subscript_shape(obj)
    if shape is KEYED and id(type(key)) in SAFE_KEYS:
        _access(obj, (ITEM, key), WRITE, value)
    elif shape is not None:
        _access(obj, item_field(shape, obj, key), WRITE, value)
    return obj, key, value


def delete_item(obj: object, key: object) -> tuple[object, object]:
    shape = _subscript_shape(obj)
    if shape is not None:  # of a list: all that follow move up
        _access(obj, ANY if shape is INDEXED else item_field(shape, obj, key), DELETE, NOVALUE)
    return obj, key


class Space:
    """A module's global names, in a form that can be a constant of code (a dictionary has no hash)."""

    __slots__ = ("names",)

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names


def read_global(space: Space, name: str) -> bool:
    names = space.names
    if not is_code(names.get(name)):
        _access(names, name, READ, NOVALUE)
    return True


def write_global(value: object, space: Space, name: str) -> object:
    _access(space.names, name, WRITE, value)
    return value


def delete_global(space: Space, name: str) -> None:
    _access(space.names, name, DELETE, NOVALUE)


# A closure's variable is known by its cell. A lambda that mentions the variable, made on the spot, has
# that very cell in its closure, in whichever function and thread it is made.


def read_cell(probe: Any, name: str) -> bool:
    _access(probe.__closure__[0], name, READ, NOVALUE)
    return True


def write_cell(value: object, probe: Any, name: str) -> object:
    _access(probe.__closure__[0], name, WRITE, value)
    return value


def delete_cell(probe: Any, name: str) -> None:
    _access(probe.__closure__[0], name, DELETE, NOVALUE)


def whole(obj: object) -> object:
    """For `len(x)`, truth tests, unpacking, formatting and the like."""
    try:
        if _shapes[id(type(obj))] is not None:
            _access(obj, ANY, READ, NOVALUE)
    except KeyError:
        containers.learn_shape(type(obj))
        whole(obj)
    return obj


def gone_through(obj: Any) -> object:
    """For `list(x)` and what else depends on the order in which it goes through `x`."""
    whole(obj)
    return _in_order(obj) if _identify is not None and type(obj) is set else obj


def matched(subject: object, *names: str) -> object:
    """For `match subject`, with patterns that name these attributes."""
    whole(subject)
    positional = known_types.lookup(type(subject), "__match_args__")[1]
    for name in dict.fromkeys((*names, *(positional if type(positional) is tuple else ()))):
        if type(name) is str and known_types.has_field(subject, name):
            read_attr(subject, name)
    return subject


def both(left: object, right: object) -> tuple[object, object]:
    """For comparisons and binary operators of two containers."""
    if _shapes.get(id(type(left)), NOVALUE) is not None:
        whole(left)
    if _shapes.get(id(type(right)), NOVALUE) is not None:
        whole(right)
    return left, right


def left_one(left: object, right: object) -> tuple[object, object]:
    """For the same, when nobody else can have the right one."""
    whole(left)
    return left, right


def in_place(target: object, operand: object) -> tuple[object, object]:
    """For `target += operand`, which may change the target itself."""
    if _shape(target) is not None:
        _access(target, ANY, WRITE, NOVALUE)
    return target, operand


def growing(operand: object, target: object) -> object:
    """For `variable += operand`, where only what the variable refers to may be shared."""
    in_place(target, operand)
    return operand


def contains(item: object, container: object) -> tuple[object, object]:
    shape = _shape(container)
    if shape is not None:
        _access(container, ANY if shape is INDEXED else item_field(shape, container, item), READ, NOVALUE)
    return container, item


def before_call(name: str, *call: Any) -> tuple[Any, ...]:
    """For a call of a method that has the name of one of a container's."""
    method = call[0]
    if type(method) is types.BuiltinMethodType:
        obj = method.__self__
        shape = _shape(obj)
        if shape is not None:
            _announce_method(shape, obj, name, call)
            if _identify is not None and type(obj) is set:
                if name == "add" and len(call) == 2:
                    _identify(call[1])
                elif name == "pop" and len(call) == 1:
                    return (_first_out, obj)
    else:
        _before_other_call(name, call)
    return call


def _before_other_call(name: str, call: tuple[Any, ...]) -> None:
    method = call[0]
    kind = type(method)
    if kind is types.MethodWrapperType:
        obj, args = method.__self__, call
    elif (kind is types.MethodDescriptorType or kind is types.WrapperDescriptorType) and len(call) > 1:
        obj, args = call[1], call[1:]
    elif kind is types.MethodType and type(method.__func__) is types.FunctionType:
        if id(method.__func__.__globals__) in known_types.covered:
            return  # its own code announces what it does
        obj, args = method.__self__, call
    else:
        before_any_call(*call)  # a function of that name
        return
    shape = _shape(obj)
    if shape is not None:
        _announce_method(shape, obj, name, args)


def before_keyword_call(name: str, /, *call: Any, **keywords: Any) -> Callable[[], Any]:
    """Do the same for a call with keywords; returns the call, ready to be made."""
    method, *args = before_call(name, *call)
    return functools.partial(method, *args, **keywords) if callable(method) else method


def _announce_method(shape: Shape, obj: object, name: str, call: tuple[Any, ...]) -> None:
    kind, by_key = EFFECTS[name]
    if name in foreign.LOOKING:
        for each, field, access in foreign.arguments_read(call):
            _access(each, field, access, NOVALUE)
    if by_key:
        field, kind = keyed_effect(shape, obj, name, call)
        value = call[2] if len(call) > 2 and name == "__setitem__" else NOVALUE  # `setdefault` may leave it
        _access(obj, field, kind, value)
    else:
        _access(obj, ANY, kind, NOVALUE)


def before_any_call(*call: Any) -> tuple[Any, ...]:
    """For a call of what may be a container's method under another name, or a function that is not rewritten."""
    function = call[0]
    kind = type(function)
    if kind is types.FunctionType:
        if id(function.__globals__) in known_types.covered:
            return call
    elif kind is types.MethodType:
        inner = function.__func__
        if type(inner) is types.FunctionType and id(inner.__globals__) in known_types.covered:
            return call
    elif kind is types.MethodWrapperType or kind is types.WrapperDescriptorType:
        _before_raw_access(function.__name__, call if kind is types.WrapperDescriptorType else _bound(call))
    elif kind is operator.attrgetter and len(call) == 2:
        for name in foreign.named_attributes(function):
            read_attr(call[1], name)
    elif kind is foreign.CACHED:
        _before_cached_call(function)
    for obj, field, access in foreign.effects(call):
        _access(obj, field, access, NOVALUE)
    reader = stdlib_readers.get(id(function))
    return call if reader is None else (reader, *call[1:])


def told(function: Any) -> Any:
    """For a function that is called later, or with arguments that are not known here."""
    inner = function.__func__ if type(function) is types.MethodType else function
    if type(inner) is foreign.CACHED:
        _before_cached_call(inner)
    return foreign.Told(function, before_any_call) if foreign.is_of_container(function) else function


def _before_cached_call(function: Any) -> None:
    """For a function under `functools.cache`, which looks into its cache first."""
    code = foreign.cached_code(function)
    if code is not None:
        _access(code, "cache", READ, NOVALUE)


def computing() -> None:
    """For the begin of such a function: whatever it returns goes to the cache; others may have looked before."""
    _access(sys._getframe(1).f_code, "cache", WRITE, NOVALUE)


def resumed(value: object) -> object:
    """For the steps of a generator: whoever steps it meanwhile finds it executing."""
    position = foreign.position_of(sys._getframe(1))
    if position is not None:
        _access(position, ANY, WRITE, NOVALUE)
    return value


def printed_to(file: object) -> object:
    """For `print(..., file=file)`."""
    if _shape(file) is not None:
        _access(file, ANY, WRITE, NOVALUE)
    return file


def _bound(call: tuple[Any, ...]) -> tuple[Any, ...]:
    return (call[0], call[0].__self__, *call[1:])


def _before_raw_access(name: str, call: tuple[Any, ...]) -> None:
    """For `object.__setattr__(obj, name, value)` and its like."""
    if len(call) < 3 or type(call[2]) is not str:
        return
    if name == "__getattribute__":
        read_attr(call[1], call[2])
    elif name == "__setattr__" and len(call) == 4:
        write_attr(call[3], call[1], call[2])
    elif name == "__delattr__":
        delete_attr(call[1], call[2])


def before_any_keyword_call(*call: Any, **keywords: Any) -> Callable[[], Any]:
    """Do the same for a call with keywords; returns the call, ready to be made."""
    function, *args = before_any_call(*call)
    return functools.partial(function, *args, **keywords) if callable(function) else function


def advanced(iterator: object) -> object:
    """For `next(iterator)`, which moves what other threads may step, too."""
    position = foreign.stepped(iterator)
    if position is None:
        return whole(iterator)
    _access(position, ANY, WRITE, NOVALUE)
    return iterator


class Steps:
    """Announces each step of an iteration, then hands `next` its argument."""

    __slots__ = ("access", "argument", "container")

    def __init__(self, container: object, iterator: Iterator[Any], access: Access = READ) -> None:
        self.container = container
        self.argument = (iterator,)
        self.access = access

    def __iter__(self) -> Steps:
        return self

    def __next__(self) -> tuple[Iterator[Any]]:
        _access(self.container, ANY, self.access, NOVALUE)
        return self.argument


def each(iterable: Iterable[Any]) -> Iterable[Any]:
    """For iterations. The steps run in C (`starmap` calls `next`), so no frame of ours is in between."""
    kind = type(iterable)
    try:
        how = _iterations[id(kind)]
    except KeyError:
        how = containers.learn_iteration(kind)
    if how is None:
        position = foreign.stepped(iterable)
        return iterable if position is None else starmap(next, Steps(position, iter(iterable), WRITE))
    container = containers.viewed(iterable) if how is Iteration.VIEW else iterable
    if kind is not list:  # an iterator of a list looks at it only when it steps
        _access(container, ANY, READ, NOVALUE)
    if how is Iteration.WHOLE:
        return iterable
    ordered = _identify is not None and kind is set
    steps = _steps_in_order(cast("set[Any]", iterable)) if ordered else iter(iterable)
    return starmap(next, Steps(container, steps))


_HOOKS = (
    *(read_attr, write_attr, delete_attr, named_read, named_write, named_delete),
    *(read_item, write_item, delete_item, read_global, write_global, delete_global),
    *(read_cell, write_cell, delete_cell, whole, gone_through, both, left_one, in_place, growing),
    *(contains, before_call, before_keyword_call, before_any_call, before_any_keyword_call, advanced),
    *(told, computing, resumed, printed_to, each, slice, setattr, delattr, matched),
)
_NATIVE = {f"operator.{name}": getattr(operator, name) for name in operator.__all__}

HOOKS: dict[str, object] = {**{hook.__name__: hook for hook in _HOOKS}, **_NATIVE, "novalue": NOVALUE}
"""What rewritten code may call, by name: our hooks, and the built-in functions that do a native access."""
