"""Objects named as the user's source names them: `self.lock`, `forks[0]`, never an address."""

from __future__ import annotations

import ast
import inspect
import threading
from multiprocessing import connection, queues, util
from multiprocessing.process import BaseProcess
from types import FrameType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import some
from pytest_sensei.primitives import openings, processes
from pytest_sensei.primitives.pipes import Ends
from pytest_sensei.primitives.processes import Ending
from pytest_sensei.primitives.selecting import Selecting
from pytest_sensei.primitives.semaphores import Guard
from pytest_sensei.primitives.undisturbed import local_variables
from pytest_sensei.watch import event_loops, imports
from pytest_sensei.watch.places import (
    frames_outward,
    is_our_file,
    is_third_party,
    is_user_file,
    line_of,
    user_frame,
)
from pytest_sensei.watch.source import assigned_at, taken_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType

MISSING: Any = object()
_SHOWN = 3  # names of several things
_CONTAINER_LIMIT = 200  # elements looked through in one list or dictionary
_INNER = ("_lock", "_cond", "mutex", "not_empty", "_block")  # what a primitive of the standard library locks


def waited_object(frame: FrameType, fallback: object) -> tuple[object, str]:
    """Return the object the user's code waits for, and the method that does.

    A wait for a lock inside `Queue.get` is a wait for the queue: the outermost frame of the standard
    library before the user's own tells.
    """
    fallback = fallback.target if isinstance(fallback, (Guard, Ends, Selecting, Ending)) else fallback
    found: tuple[object, str] = (fallback, "")
    for inner in frames_outward(frame):
        if is_user_file(inner.f_code.co_filename):
            break
        if is_our_file(inner.f_code.co_filename):
            continue
        owner = local_variables(inner).get("self", MISSING)
        if owner is not MISSING and _is_primitive(owner) and inner.f_code.co_name not in _THREAD_LIFE:
            found = (owner, inner.f_code.co_name)
    return queue_of(found[0]), found[1]


_THREAD_LIFE = {
    "run",
    "_bootstrap",
    "bootstrap",
    "_bootstrap_inner",
    "bootstrap_inner",
}  # of a thread: not what it waits for
_PRIMITIVE_MODULES = {"threading", "queue", "_queue", "concurrent", "multiprocessing", "subprocess"}


def _is_primitive(owner: object) -> bool:
    """Tell whether an object is of a class of the standard library's, or of one derived from it.

    A manager's server only calls what somebody waits for.
    """
    cls = type(owner)
    return (cls.__module__, cls.__name__) != ("multiprocessing.managers", "Server") and any(
        base.__module__.partition(".")[0] in _PRIMITIVE_MODULES for base in cls.__mro__
    )


def evaluate(expression: ast.expr, frame: FrameType) -> Any:
    """Return the value of a plain expression in a frame, or MISSING; runs none of the user's code."""
    if isinstance(expression, ast.Name):
        return _lookup(expression.id, frame)
    if isinstance(expression, ast.Constant):
        return expression.value
    if isinstance(expression, ast.Attribute):
        owner = evaluate(expression.value, frame)
        return MISSING if owner is MISSING else plain_attribute(owner, _mangled(expression.attr, frame))
    if isinstance(expression, ast.Subscript):
        owner, key = evaluate(expression.value, frame), evaluate(expression.slice, frame)
        if type(owner) in (list, tuple, dict) and isinstance(key, (int, str)):
            try:
                return owner[key]
            except (LookupError, TypeError):
                return MISSING
    return MISSING


def _lookup(name: str, frame: FrameType) -> Any:
    return local_variables(frame).get(name, frame.f_globals.get(name, MISSING))


def _mangled(name: str, frame: FrameType) -> str:
    if not name.startswith("__") or name.endswith("__"):
        return name
    owner = type(local_variables(frame).get("self")).__name__.lstrip("_")
    return f"_{owner}{name}"


def plain_attribute(owner: object, name: str) -> Any:
    """Return a data attribute without running a property or `__getattr__`, or MISSING."""
    value = inspect.getattr_static(owner, name, MISSING)
    if isinstance(value, (MemberDescriptorType, GetSetDescriptorType)):
        return getattr(owner, name, MISSING)
    return MISSING if isinstance(value, property) else value


def is_or_locks(value: object, target: object) -> bool:
    """Tell whether `value` is the target, or a primitive of the standard library around it."""
    if value is target:
        return True
    if type(value).__module__.partition(".")[0] not in _PRIMITIVE_MODULES:
        return False
    inner = (plain_attribute(value, name) for name in _INNER)
    return any(part is not MISSING and part is not None and is_or_locks(part, target) for part in inner)


def made_at(target: Any) -> tuple[tuple[CodeType, int], ...]:
    """Return the call sites of where a primitive was made or a process started, the nearest first."""
    if isinstance(target, BaseProcess):
        return processes.origins.get(target, ())
    if isinstance(target, connection._ConnectionBase):
        return openings.made_at(target)
    if isinstance(target, openings.RawEnd):
        return target.made
    made = getattr(target, "_made", None)
    if made is not None:
        return (made,)
    guard = getattr(target, "_guard", None)
    if isinstance(guard, Guard):
        return guard.made
    inner = next(
        (part for name in _MADE_WITH if (part := plain_attribute(target, name)) is not MISSING), None
    )
    return made_at(inner) if inner is not None else ()


_MADE_WITH = ("_lock", "_cond", "_rlock")  # of a condition, an event, a queue between processes


def type_of(target: object) -> str:
    """Return what the user calls the type of a thing."""
    if isinstance(target, openings.RawEnd):
        return "pipe"
    if isinstance(target, list):
        return "Connections"  # of `multiprocessing.connection.wait`
    if event_loops.is_event_loop(target):
        return event_loops.TYPE
    if isinstance(target, imports.Imported):
        return imports.TYPE
    for plain in (BaseProcess, threading.Thread):
        if isinstance(target, plain):
            return plain.__name__.removeprefix("Base")
    return type(target).__name__


def queue_of(target: object) -> object:
    """Return the queue whose inside a connection is, or the connection itself."""
    if isinstance(target, connection._ConnectionBase):
        for queue in list(util._afterfork_registry.values()):  # type: ignore[attr-defined]
            if isinstance(queue, queues.Queue) and target in (queue._writer, queue._reader):  # type: ignore[attr-defined]
                return queue
    return target


def names_of(target: object, frames: list[FrameType]) -> Iterator[str]:
    """Yield the names of what is waited for in the code around, best first; never none."""
    if isinstance(target, openings.RawEnd):
        yield from _name_of_end(target)
    if isinstance(target, list):
        yield from _name_of_several(target, frames)
    elif isinstance(target, imports.Imported):
        yield f"the import of {target.name}"
    elif event_loops.is_event_loop(target):
        own = [frame for frame in frames if not is_third_party(frame.f_code.co_filename)]
        yield from (name for names in (_paths, _bare_names) for frame in own for name in names(target, frame))
        yield f"the {event_loops.TYPE}"
    else:
        yield from names_of_value(target, frames)


def names_of_value(target: object, frames: list[FrameType]) -> Iterator[str]:
    """Yield the names of an object in the code around, best first; never none.

    What the nearest line calls it comes first unless that is a bare local name; a path that leads to it
    (`forks[0]`, `self.lock`) says more.
    """
    unknown: list[str] = []
    for frame in frames:
        for expression in taken_expressions(frame.f_code, frame.f_lineno or 0):
            value = evaluate(expression, frame)
            if value is target and not isinstance(expression, ast.Name):
                yield _spelled(expression, frame)
            elif value is MISSING and not unknown:
                unknown.append(ast.unparse(expression))
    for names in (_paths, _bare_names):
        for frame in frames:
            yield from names(target, frame)
    yield from unknown
    yield some("list" if isinstance(target, list) else type_of(target))


def _name_of_several(targets: list[object], frames: list[FrameType]) -> Iterator[str]:
    """Yield the names of those of whom any one will do; that of a number would be a guess."""
    if all(isinstance(target, connection._ConnectionBase) for target in targets):
        names = [next(names_of(target, frames)) for target in targets[:_SHOWN]]
        more = [f"{len(targets) - _SHOWN} more"] if len(targets) > _SHOWN else []
        yield " or ".join([*names, *more])
    yield "several at once"


def _name_of_end(end: openings.RawEnd) -> Iterator[str]:
    """Yield what the line that made a raw pipe calls this end: its number itself says nothing."""
    for code, lasti in end.made[:1]:
        names = assigned_at(code, line_of(code, lasti), {"pipe"})
        if len(names) == 2:
            yield names["rw".index(end.mode)]


def _spelled(expression: ast.expr, frame: FrameType) -> str:
    """Spell an expression with the values of its indices: `forks[left]` as `forks[0]`."""
    if isinstance(expression, ast.Subscript):
        key = evaluate(expression.slice, frame)
        index = ast.unparse(expression.slice) if key is MISSING else repr(key)
        return f"{_spelled(expression.value, frame)}[{index}]"
    if isinstance(expression, ast.Attribute):
        return f"{_spelled(expression.value, frame)}.{expression.attr}"
    return ast.unparse(expression)


def named_values(frames: list[FrameType]) -> Iterator[tuple[str, object]]:
    """Yield what frames can name in one step: local variables, elements of lists, attributes of self."""
    for frame in frames:
        for name, value in local_variables(frame).items():
            if name.startswith("@"):
                continue
            if type(value) in (list, tuple):
                yield from ((f"{name}[{index}]", item) for index, item in enumerate(value[:_CONTAINER_LIMIT]))
            elif name == "self":
                yield from ((f"self.{key}", item) for key, item in _data(value).items())
            else:
                yield name, value


def _paths(target: object, frame: FrameType) -> Iterator[str]:
    for scope in (local_variables(frame), frame.f_globals):
        for name, value in list(scope.items()):
            if not name.startswith("@"):
                yield from _elements(name, value, target)
                if name in ("self", "cls"):
                    yield from _attributes(name, value, target)
    yield from (name for name, value in list(frame.f_globals.items()) if value is target)


def _elements(name: str, value: object, target: object) -> Iterator[str]:
    if type(value) in (list, tuple):
        for index, item in enumerate(value[:_CONTAINER_LIMIT]):  # type: ignore[index]
            if item is target:
                yield f"{name}[{index}]"
    elif type(value) is dict and len(value) <= _CONTAINER_LIMIT and not name.startswith("__"):
        for key, item in list(value.items()):
            if item is target and isinstance(key, (str, int)):
                yield f"{name}[{key!r}]"


def _attributes(name: str, owner: object, target: object) -> Iterator[str]:
    for attribute, value in _data(owner).items():
        if value is target:
            yield f"{name}.{attribute}"
        yield from _elements(f"{name}.{attribute}", value, target)


def _data(owner: object) -> Mapping[str, object]:
    names = [slot for cls in type(owner).__mro__ for slot in _slots(cls)]
    slotted = {slot: plain_attribute(owner, slot) for slot in names}
    own = inspect.getattr_static(owner, "__dict__", None)
    return {**slotted, **(getattr(owner, "__dict__", {}) if own is not None else {})}


def _slots(cls: type) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _bare_names(target: object, frame: FrameType) -> Iterator[str]:
    for name, value in local_variables(frame).items():
        if value is target and not name.startswith("@"):  # pytest's own, in a rewritten assertion
            yield name
    yield from _object_paths(target, frame)


def _object_paths(target: object, frame: FrameType) -> Iterator[str]:
    """Yield `account.lock` for plain objects among the locals."""
    for name, value in local_variables(frame).items():
        if name == "self" or name.startswith("@"):
            continue
        module = type(value).__module__
        if module not in ("builtins", "types") and not module.startswith("_pytest"):
            yield from _attributes(name, value, target)


def user_frames(frame: FrameType | None, limit: int = 8) -> list[FrameType]:
    """Return the user's frames of a stack, innermost first."""
    start = user_frame(frame)
    return [f for f in frames_outward(start) if is_user_file(f.f_code.co_filename)][:limit]
