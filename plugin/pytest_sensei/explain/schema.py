"""The report's format as a JSON schema, and the check of an object against it: one truth for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pytest_sensei.diagnosis import REPORT_VERSION, JSONObject, Kind, Mode, Phase, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TEXT: JSONObject = {"type": "string"}
_COUNT: JSONObject = {"type": "integer", "minimum": 0}
_COUNT_OR_NULL: JSONObject = {"type": ["integer", "null"], "minimum": 0}
_FLAG: JSONObject = {"type": "boolean"}
_TEXTS: JSONObject = {"type": "array", "items": _TEXT}


def _object(required: JSONObject, optional: JSONObject | None = None) -> JSONObject:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def _array(items: JSONObject) -> JSONObject:
    return {"type": "array", "items": items}


_PLACE = _object({"file": _TEXT, "line": _COUNT, "function": _TEXT, "source": _TEXT})
_ACTOR = _object(
    {"id": _TEXT, "process": _TEXT, "pid": _COUNT, "thread": _TEXT, "state": _TEXT}, {"place": _PLACE}
)
_RESOURCE = _object({"id": _TEXT, "type": _TEXT, "name": _TEXT}, {"created": _PLACE, "state": _TEXT})
_HOLD = _object({"actor": _TEXT, "resource": _TEXT}, {"place": _PLACE})
_WAIT = _object({"actor": _TEXT, "resource": _TEXT, "forever": _FLAG}, {"place": _PLACE})
_STEP = _object(
    {"actor": _TEXT, "place": _PLACE, "action": _TEXT},
    {"field": _TEXT, "value": _TEXT, "locks": _TEXTS, "matters": _FLAG, "part_of": _TEXT},
)
_SCHEDULE = _object(
    {
        "number": _COUNT,
        "explored": _COUNT,
        "distinct": _COUNT_OR_NULL,
        "exhausted": _FLAG,
        "bound": _COUNT_OR_NULL,
    },
    {"token": _TEXT, "steps": _array(_STEP), "note": _TEXT},
)

SCHEMA: JSONObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "One line of a pytest-sensei report",
    **_object(
        {
            "version": {"type": "integer", "enum": [REPORT_VERSION]},
            "nodeid": _TEXT,
            "phase": {"type": "string", "enum": list(get_args(Phase))},
            "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
            "severity": {"type": "string", "enum": [severity.value for severity in Severity]},
            "proved": _FLAG,
            "mode": {"type": "string", "enum": list(get_args(Mode))},
            "summary": _TEXT,
        },
        {
            "latency_ms": {"type": "number", "minimum": 0},
            "actors": _array(_ACTOR),
            "resources": _array(_RESOURCE),
            "holds": _array(_HOLD),
            "waits": _array(_WAIT),
            "culprits": _array(_PLACE),
            "details": _TEXTS,
            "schedule": _SCHEDULE,
            "hints": _TEXTS,
        },
    ),
}


def problems(value: object) -> list[str]:
    """List what keeps `value` from being a line of a report; each entry names the path in the object."""
    found = list(_check(value, SCHEMA, ""))
    return found or list(_dangling(value))


def _check(value: object, schema: JSONObject, path: str) -> Iterator[str]:
    where = path or "the report line"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_TYPES[name](value) for name in types):
        yield f"{where}: expected {' or '.join(types)}, got {_shown(value)}"
    elif isinstance(value, dict):
        yield from _check_object(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, schema["items"], f"{path}[{index}]")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {_shown(value)} is not one of {', '.join(map(str, schema['enum']))}"
    elif isinstance(value, (int, float)) and "minimum" in schema and not value >= schema["minimum"]:
        yield f"{where}: {_shown(value)} is less than {schema['minimum']}"


def _check_object(value: JSONObject, schema: JSONObject, path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for key in schema["required"]:
        if key not in value:
            yield f"{prefix}{key}: missing"
    for key, item in value.items():
        if key in schema["properties"]:
            yield from _check(item, schema["properties"][key], f"{prefix}{key}")
        else:
            yield f"{prefix}{key}: unknown key"


def _dangling(line: object) -> Iterator[str]:
    """References to actors and resources that the line does not have."""
    if not isinstance(line, dict):
        return
    actors = {actor["id"] for actor in line.get("actors", ())}
    resources = {resource["id"] for resource in line.get("resources", ())}
    for key in ("holds", "waits"):
        for index, edge in enumerate(line.get(key, ())):
            if edge["actor"] not in actors:
                yield f"{key}[{index}].actor: {_shown(edge['actor'])} is not the id of an actor"
            if edge["resource"] not in resources:
                yield f"{key}[{index}].resource: {_shown(edge['resource'])} is not the id of a resource"
    for index, step in enumerate(line.get("schedule", {}).get("steps", ())):
        if step["actor"] not in actors:
            yield f"schedule.steps[{index}].actor: {_shown(step['actor'])} is not the id of an actor"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": lambda value: _is_integer(value) or isinstance(value, float),
    "null": lambda value: value is None,
}
