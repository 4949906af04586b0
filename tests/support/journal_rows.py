"""Makes rows of the journal for tests of what is read from it."""

from __future__ import annotations

from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.journal import Event, Run
from pytest_sensei.dojo.outcome import Outcome, TestResult

LADDER = ("a question", "the rule", "the shape")
PASSED = (TestResult("test_adds", "passed"),)
FAILED = (TestResult("test_adds", "failed"),)


def outcome(kata: str = "03_adding", light: Light = Light.RED, *, partial: bool = False) -> Outcome:
    tests = PASSED if light is Light.GREEN else FAILED
    ladder = () if light is Light.GREEN else LADDER
    return Outcome(kata, light, tests, ladder=ladder, shown=min(1, len(ladder)), partial=partial)


def run(
    number: int, light: Light | None = Light.RED, *, kata: str = "03_adding", partial: bool = False
) -> Run:
    """A run at the second `number`; without a light it was killed."""
    end = None if light is None else outcome(kata, light, partial=partial)
    return Run(number, kata, float(number), 1, None, None if end is None else number + 0.5, end)


def event(number: int, what: str, *, kata: str = "03_adding", **detail: object) -> Event:
    """An event at the second `number`."""
    return Event(number, kata, float(number), what, dict(detail))
