"""Pipe ends, queues and listeners that the test opened and nobody closed: found, described, and closed."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import weakref
from collections import defaultdict
from dataclasses import dataclass
from multiprocessing import connection, context, queues
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Resource, some
from pytest_sensei.primitives import openings
from pytest_sensei.primitives.openings import Opened, RawEnd
from pytest_sensei.watch.places import is_our_file, is_third_party, is_user_file, line_of, place_of
from pytest_sensei.watch.source import assigned_at

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterable
    from types import CodeType

    Sites = tuple[tuple[CodeType, int], ...]


def _codes(*functions: Any) -> frozenset[CodeType]:
    return frozenset(function.__code__ for function in functions if function is not None)


_BASE = context.BaseContext
_QUEUES = _codes(openings._queue_init, openings._simple_init, queues.JoinableQueue.__init__)
_ON_REQUEST = _QUEUES | _codes(
    _BASE.Pipe, _BASE.Queue, _BASE.JoinableQueue, _BASE.SimpleQueue,
    connection.Pipe, connection.Client, connection.Listener.accept,
    getattr(connection, "SocketClient", None), getattr(connection, "SocketListener").accept,  # noqa: B009
    # what arrives through a pipe is the receiver's
    getattr(connection, "rebuild_connection", None), connection._ConnectionBase.recv,
    queues.Queue.get, queues.SimpleQueue.get,
)  # fmt: skip
"""The standard library's own steps from the user's call to the thing that is made for the user.

What is made through any other (a pool, a manager, an executor, a process) belongs to that.
"""


def user_site(made: Sites, steps: frozenset[CodeType] = _ON_REQUEST) -> tuple[CodeType, int] | None:
    """Return the line of the project that asked for a thing; None when it is somebody else's to close.

    `steps` is the code of the standard library that only does what it is asked for.
    """
    for code, lasti in made:
        if is_user_file(code.co_filename):
            return None if is_third_party(code.co_filename) else (code, lasti)
        if code not in steps and not is_our_file(code.co_filename):
            return None
    return None


def is_part_of_queue(made: Sites) -> bool:
    """Tell whether a connection was made inside a queue, which speaks for it."""
    return any(code in _QUEUES for code, _ in made)


@dataclass(frozen=True, slots=True)
class Left:
    """A thing that was left open, and the call in the project that made it."""

    type: str  # as the user knows it: "Connection", "Queue", "Listener", "pipe"
    mode: str  # "r", "w" or "rw"; "" for a queue or listener
    site: tuple[CodeType, int]
    collected: bool = False  # nobody closed it before the garbage collector did
    fd: int | None = None
    target: object = None  # the object, or the raw end, while it lives


def look(concerns: Callable[[int], bool], *, strict: bool) -> list[Left]:
    """Return what the project opened and nobody closed, of the serials that concern us, in order.

    By the documentation a connection or queue that is collected is closed then: that is told to the strict only.
    """
    found = [
        (each.serial, _of_living(each)) for each in list(openings.living.values()) if concerns(each.serial)
    ]
    ends = {left.fd for _, left in found if left is not None}
    found += [(each.serial, _of_raw(each)) for each in list(openings.raw.values()) if concerns(each.serial)]
    if strict:
        found += [(each.serial, _of_dropped(each)) for each in openings.dropped if concerns(each.serial)]
    found.sort(key=lambda pair: pair[0])
    return [left for _, left in found if left is not None and not (left.type == _RAW and left.fd in ends)]


_RAW = "pipe"


def _of_living(opened: Opened) -> Left | None:
    target, site = opened(), user_site(opened.made)
    if target is None or site is None or opened.closed or is_part_of_queue_end(opened):
        return None
    if isinstance(target, connection._ConnectionBase):
        if target.closed or openings.identity_of(target.fileno()) is None:
            return None
        return Left(opened.type, opened.mode, site, fd=target.fileno(), target=target)
    return None if _is_closed_inside(target) else Left(opened.type, "", site, target=target)


def is_part_of_queue_end(opened: Opened) -> bool:
    return bool(opened.mode) and is_part_of_queue(opened.made)


def _is_closed_inside(queue: object) -> bool:
    """Tell whether somebody closed both ends of a simple queue by hand."""
    ends = [getattr(queue, name, None) for name in ("_reader", "_writer")]
    return all(isinstance(end, connection._ConnectionBase) and end.closed for end in ends)


def _of_dropped(opened: Opened) -> Left | None:
    site = user_site(opened.made)
    if site is None or opened.closed or is_part_of_queue_end(opened):
        return None
    return Left(opened.type, opened.mode, site, collected=True)


def _of_raw(end: RawEnd) -> Left | None:
    site = user_site(end.made[:1])  # what the standard library makes of a pipe speaks for itself
    if site is None or not end.is_open:
        return None
    return Left(_RAW, end.mode, site, fd=end.fd, target=end)


# -- telling

_MAKERS = frozenset(
    {"Pipe", "Queue", "JoinableQueue", "SimpleQueue", "Listener", "Client", "accept", "pipe", "recv", "get"}
)


def diagnose(left: Iterable[Left], root: str | None) -> list[Diagnosis]:
    """Explain what was left open: one finding for each line that made it."""
    groups: dict[object, list[Left]] = defaultdict(list)
    for each in left:
        code, lasti = each.site
        groups[code, line_of(code, lasti), each.type, each.collected].append(each)
    return [_diagnosis(group, root) for group in groups.values()]


_TOLD = 4  # of the ends that one line has made in a loop


def _diagnosis(group: list[Left], root: str | None) -> Diagnosis:
    first = group[0]
    code, lasti = first.site
    place = place_of(code, line_of(code, lasti), root)
    names = names_of(
        first.type, [each.mode for each in group], assigned_at(code, place.line, _MAKERS | {first.type})
    )
    resources = tuple(
        Resource(f"r{number}", each.type, name, place, _state(each, name if len(group) > 1 else ""))
        for number, (each, name) in enumerate(zip(group[:_TOLD], names, strict=False), 1)
    )
    return Diagnosis(
        kind=Kind.LEAKED_PIPE_END,
        summary=summary([each.mode for each in group], first.type, names),
        actors=(Actor("a1", multiprocessing.current_process().name, os.getpid(), "MainThread", "running"),),
        resources=resources,
        culprits=(place,),
    )


def _state(left: Left, name: str) -> str:
    which = f"{name}: " if name else ""
    which += {"r": "read end, ", "w": "write end, ", "rw": "both ways, "}.get(left.mode, "")
    if left.collected:
        return f"{which}garbage collected without close()"
    return f"{which}still open" + (f" (descriptor {left.fd})" if left.fd is not None else "")


def names_of(type_: str, modes: list[str], assigned: list[str]) -> list[str]:
    """Return what the source calls the things that one line made.

    `reader, writer = Pipe(duplex=False)` makes two: the first reads, the second writes. Of two ends that both
    do both, one alone cannot be told from the other.
    """
    if len(assigned) == 2 and len(modes) <= 2 and type_ in ("Connection", _RAW) and modes != ["rw"]:
        order = {"r": 0, "w": 1}
        return [assigned[order.get(mode, index)] for index, mode in enumerate(modes)]
    if len(assigned) == len(modes) == 1:
        return assigned
    return [type_] * len(modes)


def summary(modes: list[str], type_: str, names: list[str]) -> str:
    """Say it in a sentence."""
    if type_ not in ("Connection", _RAW):
        named = [name for name in dict.fromkeys(names) if name != type_]
        what = f"{type_} {named[0]}" if named else some(type_)
        return f"{what} was never closed" if len(modes) == 1 else f"{len(modes)} {type_}s were never closed"
    if len(modes) > 2:
        return f"{len(modes)} ends of pipes were never closed"
    if len(modes) == 2:
        return "both ends of a pipe were never closed"
    named = [name for name in names if name != type_]
    end = {"r": "the read end", "w": "the write end", "rw": "an end"}[modes[0]]
    return f"{end} {named[0]} of a pipe was never closed" if named else f"{end} of a pipe was never closed"


# -- mending


def close(left: Collection[Left]) -> None:
    """Close what was told, so that the next test does not inherit it."""
    for each in left:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            _close(each.target)


def _close(target: Any) -> None:
    if isinstance(target, RawEnd):
        if target.is_open:
            os.close(target.fd)
        return
    if isinstance(target, queues.Queue):
        target.cancel_join_thread()
    if target is not None:
        target.close()


def let_go_at_exit(patience: float) -> None:
    """Let the interpreter end though a queue still has data that nobody will read.

    At its end the interpreter closes each queue and waits until all its data is in the pipe. It still does, but not
    for ever. Until then the queue stays open: who is told of the end may want to send something.
    """
    for each in list(openings.living.values()):
        target = each() if user_site(each.made) is not None else None
        if isinstance(target, queues.Queue):
            joining: Any = getattr(target, "_jointhread", None)
            if joining is not None:
                joining._callback = functools.partial(_join_a_while, weakref.ref(target), patience)


def _join_a_while(queue: weakref.ref[Any], patience: float, feeder: weakref.ref[threading.Thread]) -> None:
    """Wait for a queue's thread as long as it gets on."""
    thread, left = feeder(), -1
    while thread is not None and thread.is_alive():
        before, left = left, len(getattr(queue(), "_buffer", ()))
        if left == before:
            return
        thread.join(patience)
