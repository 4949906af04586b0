"""Who notified a condition, and whether anybody was there to hear it: what a wait without end lacked."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_sensei.watch.naming import names_of, user_frames, waited_object
from pytest_sensei.watch.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_sensei.diagnosis import Place
    from pytest_sensei.explore.task import Task


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `notify` or `notify_all`."""

    by: str
    place: Place
    waiters: int


@dataclass(slots=True)
class Wakeups:
    """The calls of `notify` of one execution, by condition."""

    root: str | None
    _calls: dict[int, list[Call]] = field(default_factory=dict)
    _alive: list[object] = field(default_factory=list)

    def notified(self, task: Task, condition: Any) -> None:
        """Take down a call that the current thread makes."""
        frames = user_frames(sys._getframe(1))
        if frames:
            place = place_of(frames[0].f_code, frames[0].f_lineno or 0, self.root)
            self._alive.append(condition)
            self._calls.setdefault(id(condition), []).append(Call(task.name, place, len(condition._waiters)))

    def missed(self, waiting: Iterable[Task]) -> Iterator[str]:
        """Say of each condition that is waited for whether a call came too early, or none at all."""
        current = sys._current_frames()
        seen: set[int] = set()
        for task in waiting:
            frame = current.get(task.ident)
            if frame is None:
                continue
            target, method = waited_object(frame, task.pending.target)
            if (
                type(target) is threading.Condition
                and method in ("wait", "wait_for")
                and id(target) not in seen
            ):
                seen.add(id(target))
                name = next(names_of(target, user_frames(frame)))
                yield from _said(task.name, name, self._calls.get(id(target), []))


def _said(waiter: str, name: str, calls: list[Call]) -> Iterator[str]:
    if not calls:
        yield f"nobody notified {name} in this test"
    elif calls[-1].waiters == 0:
        last = calls[-1]
        where = f"{last.place.file}:{last.place.line}"
        yield f"{last.by} notified {name} in {where} when nobody waited; {waiter} came to wait after that"
