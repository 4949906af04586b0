"""Findings as JSON: the lines of `--sensei-report`, and how findings travel between processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pytest_sensei.diagnosis import (
    REPORT_VERSION,
    Actor,
    Diagnosis,
    Finding,
    Hold,
    JSONObject,
    Kind,
    Place,
    Resource,
    Schedule,
    Severity,
    Step,
    Wait,
)
from pytest_sensei.explain.schema import SCHEMA, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["SCHEMA", "ReportError", "dump_line", "from_json", "load_line", "to_json", "validate"]

_T = TypeVar("_T")
_LINE_ENDS = {char: f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


class ReportError(ValueError):
    """A JSON value is not a finding in the report's format."""


def dump_line(finding: Finding) -> str:
    """Write a finding as one line of a report, without the line end; always encodable as UTF-8."""
    text = json.dumps(to_json(finding), ensure_ascii=False)
    for char, escaped in _LINE_ENDS.items():
        text = text.replace(char, escaped)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # a lone surrogate becomes a JSON escape


def load_line(line: str) -> Finding:
    """Read one line of a report. Raises ReportError."""
    try:
        value = json.loads(line)
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise ReportError(msg) from error
    validate(value)
    return from_json(value)


def validate(value: object) -> None:
    """Raise ReportError, naming every wrong key, when `value` is not a line of a report."""
    found = problems(value)
    if found:
        raise ReportError("; ".join(found))


def to_json(finding: Finding) -> JSONObject:
    """Turn a finding into the report's object. Keys that do not apply are absent."""
    diagnosis = finding.diagnosis
    required = {
        "version": finding.version,
        "nodeid": finding.nodeid,
        "phase": finding.phase,
        "kind": diagnosis.kind.value,
        "severity": finding.severity.value,
        "proved": diagnosis.proved,
        "mode": diagnosis.mode,
        "summary": diagnosis.summary,
    }
    optional = {
        "latency_ms": diagnosis.latency_ms,
        "actors": [_actor(actor) for actor in diagnosis.actors],
        "resources": [_resource(resource) for resource in diagnosis.resources],
        "holds": [_hold(hold) for hold in diagnosis.holds],
        "waits": [_wait(wait) for wait in diagnosis.waits],
        "culprits": [_place(place) for place in diagnosis.culprits],
        "details": list(diagnosis.details),
        "schedule": _maybe(_schedule, diagnosis.schedule),
        "hints": list(finding.hints),
    }
    return required | _present(optional)


def from_json(value: JSONObject) -> Finding:
    """Turn a report's object back into the finding it was made of. Raises ReportError."""
    if value.get("version") != REPORT_VERSION:
        msg = f"version: {value.get('version')!r} is not {REPORT_VERSION}, the one that this release reads"
        raise ReportError(msg)
    try:
        return Finding(
            nodeid=value["nodeid"],
            phase=value["phase"],
            severity=Severity(value["severity"]),
            diagnosis=_read_diagnosis(value),
            hints=tuple(value.get("hints", ())),
            version=value["version"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReportError("; ".join(problems(value)) or repr(error)) from error


def _present(entries: JSONObject) -> JSONObject:
    return {key: value for key, value in entries.items() if value is not None and value != []}


def _maybe(convert: Callable[[_T], JSONObject], value: _T | None) -> JSONObject | None:
    return None if value is None else convert(value)


def _place(place: Place) -> JSONObject:
    return {"file": place.file, "line": place.line, "function": place.function, "source": place.source}


def _actor(actor: Actor) -> JSONObject:
    required = {
        "id": actor.id,
        "process": actor.process,
        "pid": actor.pid,
        "thread": actor.thread,
        "state": actor.state,
    }
    return required | _present({"place": _maybe(_place, actor.place)})


def _resource(resource: Resource) -> JSONObject:
    required = {"id": resource.id, "type": resource.type, "name": resource.name}
    return required | _present({"created": _maybe(_place, resource.created), "state": resource.state})


def _hold(hold: Hold) -> JSONObject:
    return {"actor": hold.actor, "resource": hold.resource} | _present({"place": _maybe(_place, hold.place)})


def _wait(wait: Wait) -> JSONObject:
    required = {"actor": wait.actor, "resource": wait.resource, "forever": wait.forever}
    return required | _present({"place": _maybe(_place, wait.place)})


def _schedule(schedule: Schedule) -> JSONObject:
    required = {
        "number": schedule.number,
        "explored": schedule.explored,
        "distinct": schedule.distinct,
        "exhausted": schedule.exhausted,
        "bound": schedule.bound,
    }
    steps = [_step(step) for step in schedule.steps]
    return required | _present({"token": schedule.token, "steps": steps, "note": schedule.note})


def _step(step: Step) -> JSONObject:
    required = {"actor": step.actor, "place": _place(step.place), "action": step.action}
    optional = {
        "field": step.field,
        "value": step.value,
        "locks": list(step.locks),
        "matters": None if step.matters else False,
        "part_of": step.part_of,
    }
    return required | _present(optional)


def _read_diagnosis(value: JSONObject) -> Diagnosis:
    return Diagnosis(
        kind=Kind(value["kind"]),
        summary=value["summary"],
        proved=value["proved"],
        mode=value["mode"],
        actors=_each(_read_actor, value.get("actors", ())),
        resources=_each(_read_resource, value.get("resources", ())),
        holds=_each(_read_hold, value.get("holds", ())),
        waits=_each(_read_wait, value.get("waits", ())),
        culprits=_each(_read_place, value.get("culprits", ())),
        details=tuple(value.get("details", ())),
        latency_ms=value.get("latency_ms"),
        schedule=_read_maybe(_read_schedule, value.get("schedule")),
    )


def _each(read: Callable[[JSONObject], _T], values: Sequence[JSONObject]) -> tuple[_T, ...]:
    return tuple(read(value) for value in values)


def _read_maybe(read: Callable[[JSONObject], _T], value: JSONObject | None) -> _T | None:
    return None if value is None else read(value)


def _read_place(value: JSONObject) -> Place:
    return Place(**value)


def _read_actor(value: JSONObject) -> Actor:
    return Actor(**{**value, "place": _read_maybe(_read_place, value.get("place"))})


def _read_resource(value: JSONObject) -> Resource:
    return Resource(**{**value, "created": _read_maybe(_read_place, value.get("created"))})


def _read_hold(value: JSONObject) -> Hold:
    return Hold(**{**value, "place": _read_maybe(_read_place, value.get("place"))})


def _read_wait(value: JSONObject) -> Wait:
    return Wait(**{**value, "place": _read_maybe(_read_place, value.get("place"))})


def _read_schedule(value: JSONObject) -> Schedule:
    return Schedule(**{**value, "steps": _each(_read_step, value.get("steps", ()))})


def _read_step(value: JSONObject) -> Step:
    locks = tuple(value.get("locks", ()))
    return Step(**{**value, "place": _read_place(value["place"]), "locks": locks})
