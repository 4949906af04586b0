"""Event loops of asyncio: what their tasks wait for, since a thread that runs a loop waits for them all.

Whoever uses no event loop shall not pay for the import of asyncio.
"""

from __future__ import annotations

import sys
from collections import Counter
from types import AsyncGeneratorType, CoroutineType, GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_sensei.watch.places import is_third_party, is_user_file, place_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from types import FrameType

    from pytest_sensei.diagnosis import Place

TYPE = "event loop"
_SHOWN = 4  # tasks
_SLEPT = "another thread has scheduled something, but not by call_soon_threadsafe(), which wakes the loop"
_DEEP = 1000  # coroutines that wait for each other


class Waiting(NamedTuple):
    """A task, and the line of the user's code at which it waits."""

    name: str
    place: Place

    def text(self, many: int) -> str:
        """Say where it waits, and so many tasks altogether."""
        who = f"{self.name} waits" if many == 1 else f"{self.name} waits in {many} tasks"
        return f"{who} at {self.place.file}:{self.place.line}: {self.place.source}"


def is_event_loop(target: object) -> bool:
    """Tell whether something is an event loop of asyncio."""
    loops: Any = sys.modules.get("asyncio.events")
    return loops is not None and isinstance(target, loops.AbstractEventLoop)


def waiting(loop: Any, root: str | None) -> list[Waiting]:
    """Return the tasks of a loop that wait in the user's code, in the order in which they were made."""
    return [Waiting(_name(task, frames[0]), _place(frames[-1], root)) for task, frames in _stacks(loop)]


def trace(loop: Any) -> TracebackType | None:
    """Return what a traceback would show if the first task that waits in the user's code were told of an error."""
    found: TracebackType | None = None
    for _, frames in _stacks(loop)[:1]:
        for frame in reversed(frames):
            found = TracebackType(found, frame, frame.f_lasti, _line(frame))
    return found


def _stacks(loop: Any) -> list[tuple[asyncio.Task[Any], list[FrameType]]]:
    """Return the tasks in the project's own code, or else in that of packages, with their frames there."""
    every: set[asyncio.Task[Any]] = sys.modules["asyncio.tasks"].all_tasks(loop)
    tasks = sorted(every, key=lambda task: (len(task.get_name()), task.get_name()))
    users = [(task, _users(task.get_coro())) for task in tasks]
    own = [(task, [frame for frame in frames if not _is_foreign(frame)]) for task, frames in users]
    return [each for each in own if each[1]] or [each for each in users if each[1]]


def state(loop: Any, root: str | None) -> str | None:
    """Say where the tasks of a loop wait; None where no task does.

    What another thread has scheduled by a call for the loop's own thread only stays there until something wakes it.
    """
    counted = Counter(waiting(loop, root))
    texts = [task.text(many) for task, many in list(counted.items())[:_SHOWN]]
    more = [f"{len(counted) - _SHOWN} more"] if len(counted) > _SHOWN else []
    slept = [_SLEPT] if getattr(loop, "_ready", ()) else []
    return "; ".join([*slept, *texts, *more]) or None


def place(loop: Any, caller: Place | None, root: str | None) -> Place | None:
    """Return the line to look at first: where tasks wait, if they do in one place, else who called the loop.

    Where that is none of the user's code, it is the first task's.
    """
    places = list(dict.fromkeys(task.place for task in waiting(loop, root)))
    return places[0] if places and (caller is None or len(places) == 1) else caller


def _name(task: asyncio.Task[Any], outermost: FrameType) -> str:
    """Call a task as the user's code does, or else as the function that it carries out."""
    given = task.get_name()
    is_made_up = given.startswith("Task-") or "." in given
    return f"{outermost.f_code.co_name}()" if is_made_up else given


def _users(awaited: Any) -> list[FrameType]:
    """Follow a coroutine to what it waits for, and so on; return the frames of the user's code, innermost last."""
    return [frame for frame in _frames(awaited) if is_user_file(frame.f_code.co_filename)]


def _is_foreign(frame: FrameType) -> bool:
    return is_third_party(frame.f_code.co_filename)


def _frames(awaited: Any) -> Iterator[FrameType]:
    for _ in range(_DEEP):
        if type(awaited) not in _INSIDE:  # the future in the end, or something of which nothing is known
            return
        frame, following = _INSIDE[type(awaited)]
        if getattr(awaited, frame) is not None:
            yield getattr(awaited, frame)
        awaited = getattr(awaited, following)


_INSIDE: dict[type, tuple[str, str]] = {
    CoroutineType: ("cr_frame", "cr_await"),
    GeneratorType: ("gi_frame", "gi_yieldfrom"),
    AsyncGeneratorType: ("ag_frame", "ag_await"),
}


def _place(frame: FrameType, root: str | None) -> Place:
    return place_of(frame.f_code, _line(frame), root)


def _line(frame: FrameType) -> int:
    return frame.f_lineno or frame.f_code.co_firstlineno
