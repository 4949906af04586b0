"""Runs where the tests run: attaches each finding, with its hints, to its test's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_sensei import findings
from pytest_sensei.diagnosis import Deadlock, Finding, Phase, Severity
from pytest_sensei.explain import jsonl
from pytest_sensei.hooks import hinting, tracebacks
from pytest_sensei.hooks.katas import kata_of_item
from pytest_sensei.hooks.watched import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_sensei.dojo.katas import Kata

FINDING = "sensei"  # keys of report.user_properties
HINT = "sensei-hint"
KATA = "sensei-kata"


class Found:
    """Runs where the tests run: attaches each finding to its test's report."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        kata = kata_of_item(item)
        if call.excinfo is not None and (kata is not None or isinstance(call.excinfo.value, Deadlock)):
            tracebacks.cut(call.excinfo.value)
        report = yield
        _attach(item, report, kata)
        return report


def _attach(item: pytest.Item, report: pytest.TestReport, kata: Kata | None) -> None:
    for diagnosis in findings.of(item, report.when):
        severity = item.stash[SETTINGS].severity(diagnosis)
        told = severity is not Severity.NOTE  # that all went well needs no hint
        hints = hinting.for_diagnosis(diagnosis, test=item.name, kata=kata) if told else ()
        finding = Finding(item.nodeid, _phase(report), severity, diagnosis, hints)
        report.user_properties.append((FINDING, jsonl.to_json(finding)))
    if kata is not None:
        report.user_properties.append((KATA, kata.name))
        if report.failed and not findings.of(item, report.when):
            steps = hinting.for_failure(test=item.name, report=report.longreprtext, kata=kata)
            report.user_properties.append((HINT, list(steps)))


def _phase(report: pytest.TestReport) -> Phase:
    return report.when or "call"


def findings_of(report: pytest.TestReport) -> list[Finding]:
    """Return the findings that ride on a report."""
    return [jsonl.from_json(value) for key, value in report.user_properties if key == FINDING]  # type: ignore[arg-type]
