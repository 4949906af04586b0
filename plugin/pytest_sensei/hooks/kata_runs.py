"""What became of each kata in a run: its light, its first failure and the hints for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Finding, Light, Severity
from pytest_sensei.dojo.outcome import TestResult, light_of
from pytest_sensei.explain import jsonl
from pytest_sensei.hooks.attaching import HINT

if TYPE_CHECKING:
    import pytest


class KataRun:
    """What became of one kata in this run."""

    def __init__(self) -> None:
        self.failures: list[pytest.TestReport] = []
        self.ladder: tuple[str, ...] = ()
        self.could_not_run = False
        self.excuses: dict[str, None] = {}  # why tests were skipped, each once, in order
        self._results: dict[str, str] = {}
        self._findings: list[Finding] = []

    def add(self, report: pytest.TestReport, found: list[Finding]) -> None:
        self._findings.extend(found)
        if report.when == "call" or not report.passed:
            self._results[report.nodeid] = report.outcome
        self.excuse(report)
        if report.failed:
            if not self.failures:
                self.ladder = _ladder(report, found)
            self.failures.append(report)

    def excuse(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Keep why tests were skipped: it says what this machine lacks."""
        if report.skipped and isinstance(report.longrepr, tuple):
            self.excuses[str(report.longrepr[2]).removeprefix("Skipped: ")] = None

    def light(self) -> Light:
        results = [TestResult(name, outcome) for name, outcome in self._results.items()]
        return light_of(results, [jsonl.to_json(f) for f in self._findings], could_not_run=self.could_not_run)

    def counted(self) -> str:
        passed = sum(outcome == "passed" for outcome in self._results.values())
        return f"  {passed} of {len(self._results)} tests pass" if self._results else ""


def _ladder(report: pytest.TestReport, found: list[Finding]) -> tuple[str, ...]:
    """Return the hints of a failure: its finding's, else those for a plain failure."""
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    plain = dict(report.user_properties).get(HINT, ())
    return errors[0].hints if errors else tuple(plain)  # type: ignore[arg-type]
