"""What came of one run of one kata: its tests, findings and light. Pure values, also as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import JSONObject, Kind, Light, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_PROOFS = frozenset({Kind.TIMEOUT.value, Kind.EXPLORED.value, Kind.LOST_EXCEPTION.value})
"""Findings that make no run black. A lost exception is an exception like any other: red."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a kata and how it ended: passed, failed, error or skipped."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run of a kata."""

    kata: str
    light: Light
    tests: tuple[TestResult, ...] = ()
    findings: tuple[JSONObject, ...] = ()
    ladder: tuple[str, ...] = ()  # the hints for the first failure
    shown: int = 0  # how many of them the run itself printed
    partial: bool = False  # not all of the kata's tests were asked for
    trouble: str | None = None  # why the tests could not run
    failure: str = ""  # the end of the first failure's text
    seconds: float = 0.0

    @property
    def passed(self) -> int:
        """The number of tests that passed."""
        return sum(test.outcome == "passed" for test in self.tests)

    @property
    def excused(self) -> bool:
        """Whether no test could run for what this machine lacks."""
        return bool(self.tests) and all(test.outcome == "skipped" for test in self.tests)

    @property
    def done(self) -> bool:
        """Whether this run shows that the kata is solved."""
        return self.light is Light.GREEN and not self.partial


def light_of(
    tests: Sequence[TestResult], findings: Sequence[JSONObject], *, could_not_run: bool = False
) -> Light:
    """Choose the colour: black for a proof, amber for what could not run, red for a plain failure."""
    errors = [finding for finding in findings if finding["severity"] == Severity.ERROR.value]
    if any(finding["proved"] and finding["kind"] not in _NOT_PROOFS for finding in errors):
        return Light.BLACK
    if could_not_run or not any(test.outcome != "skipped" for test in tests):
        return Light.AMBER
    if all(test.outcome in {"passed", "skipped"} for test in tests):
        return Light.AMBER if errors else Light.GREEN
    timed_out = {test_name(finding["nodeid"]) for finding in errors if finding["kind"] == Kind.TIMEOUT.value}
    failed = {test.name for test in tests if test.outcome in {"failed", "error"}}
    return Light.RED if failed - timed_out else Light.AMBER


def test_name(nodeid: str) -> str:
    """Give a test's name without its file."""
    return nodeid.split("::", 1)[-1]


def headline(outcome: Outcome) -> str:
    """Say in a few words what the run found, most important first; it can be printed anywhere."""
    return printable(_headline(outcome))


def printable(text: str) -> str:
    """Write control characters, and what is no text at all, as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _headline(outcome: Outcome) -> str:
    if outcome.trouble is not None:
        return outcome.trouble
    errors = [finding for finding in outcome.findings if finding["severity"] == Severity.ERROR.value]
    if errors:
        return f"{errors[0]['kind']}: {errors[0]['summary']}"
    failed = [test.name for test in outcome.tests if test.outcome in {"failed", "error"}]
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        return f"{sentence(failed[0])} fails{more}"
    if not outcome.tests:
        return "no test ran"
    if outcome.light is Light.AMBER:
        return "no test could run here" if not outcome.passed else "stopped before the end"
    verb = "test passes" if outcome.passed == 1 else "tests pass"
    return f"{outcome.passed} {verb}" + (" (not all were asked for)" if outcome.partial else "")


def sentence(name: str) -> str:
    """Read a test's name as a sentence: `test_release_wakes_one` as "release wakes one"."""
    base, bracket, parameters = name.rpartition("::")[2].removeprefix("test_").partition("[")
    return base.replace("_", " ") + (f" [{parameters}" if bracket else "")


def to_json(outcome: Outcome) -> JSONObject:
    """Turn an outcome into plain JSON values."""
    return {
        "kata": outcome.kata,
        "light": outcome.light.value,
        "tests": [{"name": test.name, "outcome": test.outcome} for test in outcome.tests],
        "findings": list(outcome.findings),
        "ladder": list(outcome.ladder),
        "shown": outcome.shown,
        "partial": outcome.partial,
        "trouble": outcome.trouble,
        "failure": outcome.failure,
        "seconds": round(outcome.seconds, 3),
    }


def from_json(value: JSONObject) -> Outcome:
    """Read what `to_json` wrote, also an older version of it. Raises KeyError, TypeError or ValueError."""
    return Outcome(
        kata=value["kata"],
        light=Light(value["light"]),
        tests=tuple(TestResult(test["name"], test["outcome"]) for test in value.get("tests", ())),
        findings=tuple(value.get("findings", ())),
        ladder=tuple(value.get("ladder", ())),
        shown=value.get("shown", 0),
        partial=value.get("partial", False),
        trouble=value.get("trouble"),
        failure=value.get("failure", ""),
        seconds=value.get("seconds", 0.0),
    )
