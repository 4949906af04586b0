"""Judges what a test opened: pipe ends, queues and shared memory, each when whoever made it is over."""

from __future__ import annotations

import gc
import types
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei import findings
from pytest_sensei.diagnosis import Diagnosis, Group, Severity
from pytest_sensei.primitives import openings
from pytest_sensei.watch import leaked_ends

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pytest_sensei.watch.leaked_ends import Left

_MOST = 50_000  # objects looked through to find out whose an open end is
_OPAQUE = (types.ModuleType, type, types.FrameType, pytest.Config, pytest.Collector, str, bytes, int, float)


class LeftOpen:
    """Knows which serials the current test has to answer for, and asks for them when it is over."""

    def __init__(self, root: str | None) -> None:
        self._root = root
        self._since = 0
        self._owned: dict[Any, range] = {}  # the serials that came up while a wider fixture was set up
        self._due: list[range] = []  # of wider fixtures that have ended in this test
        self._failed = False

    def begin(self, severity: Severity) -> None:
        """A test begins."""
        self._since = openings.now()
        self._failed = False
        openings.keep_dropped(severity is Severity.ERROR)

    def failed(self) -> None:
        """The test failed before it could close anything: its frames keep all that it had."""
        self._failed = True

    def found(self, item: pytest.Item, severity: Severity) -> list[Diagnosis]:
        """Return what was left open, and close it where that is an error."""
        left = self._left(item, strict=severity is Severity.ERROR)
        told = [] if self._failed or has_verdict(item) else leaked_ends.diagnose(left, self._root)
        if severity is Severity.ERROR:
            leaked_ends.close(left)
        self._due.clear()
        openings.keep_dropped(False)
        return told

    def _left(self, item: pytest.Item, *, strict: bool) -> list[Left]:
        if not leaked_ends.look(self._concerns, strict=strict):
            return []
        gc.collect()  # a pool, or a ring of objects, that nobody has any more closes what it had
        left = leaked_ends.look(self._concerns, strict=strict)
        kept = reachable(cached for fixture in self._owned if (cached := _value_of(fixture)) is not None)
        left = [each for each in left if id(each.target) not in kept]
        if strict or not left:
            return left
        soon = reachable(value for value in vars(item).values())
        return [each for each in left if id(each.target) not in soon]  # pytest drops it, and it closes itself

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


def _value_of(fixturedef: Any) -> object:
    result = fixturedef.cached_result
    return result[0] if result is not None else None


def reachable(roots: Iterable[object]) -> set[int]:
    """Return the identities of what can be reached from some objects, without passing through modules."""
    pending = list(roots)
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        current = pending.pop()
        if id(current) not in seen and not isinstance(current, _OPAQUE):
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
