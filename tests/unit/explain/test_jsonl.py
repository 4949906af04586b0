"""The report's format: what is written, what is read back, and what is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from finding_samples import DEADLOCK, DIAGNOSES, EXPLORED, LEAKED_THREAD, RACE, finding
from pytest_sensei.diagnosis import Diagnosis, JSONObject, Kind
from pytest_sensei.explain import jsonl

KINDS = pytest.mark.parametrize("diagnosis", DIAGNOSES.values(), ids=[kind.value for kind in DIAGNOSES])


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(DIAGNOSES) == set(Kind)


@KINDS
def test_every_kind_survives_the_trip_through_a_line(diagnosis: Diagnosis) -> None:
    original = finding(diagnosis, hints=("Look at the second lock.",))
    line = jsonl.dump_line(original)
    assert "\n" not in line
    assert jsonl.load_line(line) == original


@KINDS
def test_every_kind_is_valid_by_the_schema(diagnosis: Diagnosis) -> None:
    jsonl.validate(jsonl.to_json(finding(diagnosis)))


def test_a_deadlock_is_written_as_documented() -> None:
    place = {"file": "table.py", "line": 14, "function": "dine", "source": "with first:"}
    written = jsonl.to_json(finding(DEADLOCK))
    assert {key: written[key] for key in list(written)[:8]} == {
        "version": 1,
        "nodeid": "tests/test_it.py::test_it",
        "phase": "call",
        "kind": "deadlock-cycle",
        "severity": "error",
        "proved": True,
        "mode": "watched",
        "summary": "2 threads wait for each other",
    }
    assert written["latency_ms"] == 63.0
    assert written["actors"][0] == {
        "id": "a1",
        "process": "MainProcess",
        "pid": 4100,
        "thread": "Aristotle",
        "state": "waiting",
    }
    assert written["resources"][0]["type"] == "Lock"
    assert written["resources"][0]["name"] == "forks[0]"
    assert written["holds"][0] == {"actor": "a1", "resource": "r1", "place": place}
    assert written["waits"][0]["forever"] is True


def test_keys_that_do_not_apply_are_absent() -> None:
    written = jsonl.to_json(finding(LEAKED_THREAD))
    assert not {"latency_ms", "holds", "schedule", "hints", "details"} & set(written)
    assert "place" not in written["actors"][0]
    assert "state" not in written["resources"][0]


def test_an_explored_test_says_how_far_it_went() -> None:
    assert jsonl.to_json(finding(EXPLORED))["schedule"] == {
        "number": 0,
        "explored": 7,
        "distinct": 7,
        "exhausted": True,
        "bound": None,
        "note": "all 7 interleavings pass",
    }


def test_a_step_carries_the_value_and_leaves_out_what_is_usual() -> None:
    steps = jsonl.to_json(finding(RACE))["schedule"]["steps"]
    assert steps[0]["matters"] is False
    assert set(steps[2]) == {"actor", "place", "action", "field", "value"}
    assert (steps[2]["action"], steps[2]["field"], steps[2]["value"]) == ("read", "Counter.value", "0")


@pytest.mark.parametrize(
    "text",
    ["line\u2028separator", "next\x85line", "two\nlines", "bad\udc80name", "Δίας \U0001f374", '"quoted" \\'],
    ids=["u2028", "u0085", "newline", "surrogate", "unicode", "quotes"],
)
def test_any_text_stays_one_encodable_line_and_comes_back(text: str) -> None:
    original = finding(replace(DEADLOCK, summary=text), nodeid=text)
    line = jsonl.dump_line(original)
    assert len(line.splitlines()) == 1
    assert jsonl.load_line(line.encode().decode()) == original


def edited(**changes: object) -> JSONObject:
    return copy.deepcopy(jsonl.to_json(finding(DEADLOCK))) | changes


def without(key: str) -> JSONObject:
    return {name: value for name, value in edited().items() if name != key}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "the report line: expected object, got []"),
        (edited(version=2), "version: 2 is not one of 1"),
        (without("nodeid"), "nodeid: missing"),
        (edited(kind="gremlin"), "kind: 'gremlin' is not one of deadlock-cycle, "),
        (edited(proved="yes"), "proved: expected boolean, got 'yes'"),
        (edited(latency_ms=-1), "latency_ms: -1 is less than 0"),
        (edited(latency_ms=True), "latency_ms: expected number, got True"),
        (edited(colour="red"), "colour: unknown key"),
        (edited(culprits=[{"file": "a.py", "line": "14"}]), "culprits[0].function: missing"),
        (edited(holds=[{"actor": "a9", "resource": "r1"}]), "holds[0].actor: 'a9' is not the id of an actor"),
        (
            edited(waits=[{"actor": "a1", "resource": "r9", "forever": True}]),
            "waits[0].resource: 'r9' is not the id of a resource",
        ),
        (
            edited(schedule={"number": 1, "explored": 1, "distinct": None, "exhausted": False}),
            "schedule.bound: missing",
        ),
    ],
)
def test_a_wrong_line_is_refused_with_the_path_of_the_wrong_key(value: object, message: str) -> None:
    with pytest.raises(jsonl.ReportError) as refusal:
        jsonl.validate(value)
    assert message in str(refusal.value)


def test_all_wrong_keys_are_named_at_once() -> None:
    with pytest.raises(jsonl.ReportError, match=r"phase.*severity"):
        jsonl.validate(edited(phase="lunch", severity="fatal"))


def test_text_that_is_not_json_is_a_report_error() -> None:
    with pytest.raises(jsonl.ReportError, match="not JSON"):
        jsonl.load_line("{")


def test_reading_an_unknown_version_says_which_one_is_known() -> None:
    with pytest.raises(jsonl.ReportError, match="version: 3 is not 1"):
        jsonl.from_json(edited(version=3))


def test_reading_an_incomplete_object_names_what_is_missing() -> None:
    with pytest.raises(jsonl.ReportError, match="summary: missing"):
        jsonl.from_json(without("summary"))


def test_the_schema_is_itself_json() -> None:
    assert json.loads(json.dumps(jsonl.SCHEMA)) == jsonl.SCHEMA
