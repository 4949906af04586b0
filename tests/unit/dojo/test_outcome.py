"""The light of a run, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from journal_rows import outcome
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.outcome import Outcome, TestResult, from_json, headline, light_of, sentence, to_json

PASS, FAIL, SKIP = TestResult("a", "passed"), TestResult("b", "failed"), TestResult("c", "skipped")
ERROR = TestResult("d", "error")


def finding(kind: str, *, severity: str = "error", proved: bool = True, test: str = "b"):
    nodeid = f"katas/03_adding/test_adding.py::{test}"
    return {"kind": kind, "severity": severity, "proved": proved, "nodeid": nodeid, "summary": "two wait"}


@pytest.mark.parametrize(
    ("tests", "findings", "could_not_run", "light"),
    [
        ([PASS], [], False, Light.GREEN),
        ([PASS, SKIP], [], False, Light.GREEN),
        ([PASS, FAIL], [], False, Light.RED),
        ([PASS, ERROR], [], False, Light.RED),
        ([FAIL], [finding("stalled")], False, Light.BLACK),
        ([FAIL], [finding("lost-exception")], False, Light.RED),
        ([PASS], [finding("leaked-thread", severity="warn")], False, Light.GREEN),
        ([FAIL], [finding("timeout", proved=False)], False, Light.AMBER),
        ([FAIL, ERROR], [finding("timeout", proved=False)], False, Light.RED),
        ([FAIL], [finding("timeout", proved=False), finding("race")], False, Light.BLACK),
        ([PASS], [finding("explored", severity="warn")], False, Light.GREEN),
        ([], [], False, Light.AMBER),
        ([SKIP], [], False, Light.AMBER),
        ([PASS], [], True, Light.AMBER),
        ([FAIL], [finding("stalled")], True, Light.BLACK),
    ],
)
def test_light_of_a_run(tests, findings, could_not_run, light):
    assert light_of(tests, findings, could_not_run=could_not_run) is light


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Outcome("k", Light.GREEN, (PASS,)), "1 test passes"),
        (Outcome("k", Light.GREEN, (PASS, PASS), partial=True), "2 tests pass (not all were asked for)"),
        (Outcome("k", Light.RED, (FAIL, ERROR)), "b fails and 1 more"),
        (Outcome("k", Light.BLACK, (FAIL,), (finding("stalled"),)), "stalled: two wait"),
        (Outcome("k", Light.AMBER, trouble="adding.py:1: no"), "adding.py:1: no"),
        (Outcome("k", Light.AMBER), "no test ran"),
        (Outcome("k", Light.AMBER, (SKIP,)), "no test could run here"),
    ],
)
def test_headline_says_the_most_important_first(value, text):
    assert headline(value) == text


def test_headline_can_be_printed_anywhere():
    odd = replace(outcome(), trouble="ValueError: \x1b[31m \udce9 \u00e9")
    assert headline(odd) == "ValueError: \\x1b[31m \\udce9 \u00e9"


def test_test_names_read_as_sentences():
    assert sentence("test_release_wakes_one") == "release wakes one"
    assert sentence("t.py::TestX::test_takes[2-fork]") == "takes [2-fork]"


def test_outcome_survives_json():
    value = outcome(light=Light.BLACK)
    assert from_json(to_json(value)) == value


def test_outcome_of_an_older_version_is_read():
    assert from_json({"kata": "03_adding", "light": "G"}) == Outcome("03_adding", Light.GREEN)
