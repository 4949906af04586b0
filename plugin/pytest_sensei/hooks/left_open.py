"""Judges what a test opened: pipe ends, queues and shared memory, each when whoever made it is over."""

from __future__ import annotations

import gc
import threading
import types
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei import findings
from pytest_sensei.diagnosis import Diagnosis, Group, Severity
from pytest_sensei.primitives import memory, openings
from pytest_sensei.watch import leaked_ends, leaked_memory
from pytest_sensei.watch.patience import looks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from pytest_sensei.watch.leaked_ends import Left as End
    from pytest_sensei.watch.leaked_memory import Left as Block

_MOST = 50_000  # objects looked through to find out whose an open end is
_OPAQUE = (types.ModuleType, type, types.FrameType, pytest.Config, pytest.Collector, str, bytes, int, float)


class LeftOpen:
    """Knows which serials the current test has to answer for, and asks for them when it is over."""

    def __init__(self, root: str | None, grace: float) -> None:
        self._root = root
        self._grace = grace
        self._since = 0
        self._owned: dict[Any, range] = {}  # the serials that came up while a wider fixture was set up
        self._due: list[range] = []  # of wider fixtures that have ended in this test
        self._failed = False
        self._heard: set[tuple[int, int]] = set()
        self._to_remove: list[Block] = []

    def begin(self, severity: Severity, folder: Path | None) -> None:
        """A test begins. `folder` is where children tell of what they make."""
        self._since = openings.now()
        self._failed = False
        self._heard = {_key(made) for made in leaked_memory.told_in(folder).made}
        memory.forget_settled()
        openings.keep_dropped(severity is Severity.ERROR)

    def failed(self) -> None:
        """The test failed before it could close anything: its frames keep all that it had."""
        self._failed = True

    def found(self, item: pytest.Item, severity: Severity, folder: Path | None) -> list[Diagnosis]:
        """Return what was left open, and close it where that is an error.

        A failed test keeps in its frames all that it had in hand; of its shared memory, it is told nevertheless
        that it is still there, since nobody else will remove it.
        """
        ends, blocks = self._left(item, folder, strict=severity is Severity.ERROR)
        told = [] if self._failed else leaked_ends.diagnose(ends, self._root)
        told += [
            leaked_memory.diagnose(each, self._root) for each in blocks if each.linked or not self._failed
        ]
        if severity is Severity.ERROR:
            leaked_ends.close(ends)
            leaked_memory.remove(blocks)
        else:
            self._to_remove.extend(replace(each, open=False, target=None) for each in blocks)
        self._due.clear()
        openings.keep_dropped(False)
        return [] if has_verdict(item) else told

    def finish(self) -> None:
        """The session is over: what was told is removed, before the resource tracker tells it once more."""
        leaked_memory.remove(self._to_remove)

    def _left(self, item: pytest.Item, folder: Path | None, *, strict: bool) -> tuple[list[End], list[Block]]:
        if not any(self._look(folder, strict=strict)):  # keeps nothing of what it sees
            return [], []
        gc.collect()  # a pool, or a ring of objects, that nobody has any more closes what it had
        for _ in looks(self._patience()):
            if not _holds_any(self._judged(item, folder, strict=strict)):
                break
        return self._judged(item, folder, strict=strict)

    def _patience(self) -> float:
        """Return for how many seconds an end may stay: another thread may have it, or the frame that had it.

        A waiter who looks around holds the frames of all threads for a moment.
        """
        return self._grace if threading.active_count() > 1 and not self._failed else 0.0

    def _judged(
        self, item: pytest.Item, folder: Path | None, *, strict: bool
    ) -> tuple[list[End], list[Block]]:
        """Return what is left, less what belongs to a living fixture or will be dropped with the test."""
        ends, blocks = self._look(folder, strict=strict)
        if not ends and not blocks:
            return [], []
        kept = reachable(cached for fixture in self._owned if (cached := _value_of(fixture)) is not None)
        ends = [each for each in ends if id(each.target) not in kept]
        blocks = [each for each in blocks if id(each.target) not in kept]
        if strict or not (ends or blocks):
            return ends, blocks
        soon = reachable(vars(item).values())  # pytest drops it, and it closes itself
        return (
            [each for each in ends if id(each.target) not in soon],
            [each for each in blocks if id(each.target) not in soon or each.linked],
        )

    def _look(self, folder: Path | None, *, strict: bool) -> tuple[list[End], list[Block]]:
        told = leaked_memory.told_in(folder)
        fresh = replace(told, made=tuple(made for made in told.made if _key(made) not in self._heard))
        return (
            leaked_ends.look(self._concerns, strict=strict),
            leaked_memory.look(self._concerns, fresh, strict=strict),
        )

    def _concerns(self, serial: int) -> bool:
        if any(serial in owned for owned in self._owned.values()):
            return False
        return serial >= self._since or any(serial in due for due in self._due)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """What a fixture of wider scope opens is judged when that fixture ends."""
        if fixturedef.scope == "function":
            return (yield)
        first = openings.now()
        try:
            return (yield)
        finally:
            self._owned[fixturedef] = range(first, openings.now())

    @pytest.hookimpl
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        serials = self._owned.pop(fixturedef, None)
        if serials is not None:
            self._due.append(serials)


def _holds_any(left: tuple[list[End], list[Block]]) -> bool:
    """Tell whether there is an object that might still be let go."""
    return any(each.target is not None for part in left for each in part)


def _key(made: leaked_memory.Made) -> tuple[int, int]:
    return made.pid, made.serial


def _value_of(fixturedef: Any) -> object:
    result = fixturedef.cached_result
    return result[0] if result is not None else None


def reachable(roots: Iterable[object]) -> set[int]:
    """Return the identities of what can be reached from some objects, without passing through modules.

    None is left out: what is gone has no object, and None can be reached from everywhere.
    """
    pending = list(roots)
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        current = pending.pop()
        if current is not None and id(current) not in seen and not isinstance(current, _OPAQUE):
            seen.add(id(current))
            pending.extend(_referents(current))
    return seen


def _referents(thing: object) -> Iterable[object]:
    if isinstance(thing, types.FunctionType):
        return thing.__closure__ or ()  # not all the globals of its module
    return gc.get_referents(thing)


def has_verdict(item: pytest.Item) -> bool:
    """Tell whether a deadlock was proved in a test: what it left open was taken out of its hands."""
    return any(
        diagnosis.kind.group is Group.DEADLOCKS and diagnosis.proved
        for phase in ("setup", "call")
        for diagnosis in findings.of(item, phase)
    )
