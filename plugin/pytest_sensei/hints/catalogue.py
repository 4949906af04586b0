"""Hints as data: read hints.toml, and choose the ladder that fits a failure best."""

from __future__ import annotations

import enum
import fnmatch
import functools
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import Diagnosis, Kind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILURE = "failure"  # an assertion or exception without a finding
IMPORT = "import"  # a stub that cannot be imported
KINDS = (*(kind.value for kind in Kind), FAILURE, IMPORT)
UNWRITTEN = "NotImplementedError"  # what the stubs raise
GENERAL = Path(__file__).with_name("general.toml")

_TABLES = {"kata", "hint"}
_HINT_KEYS = {"when", "steps", "silence"}
_WHEN_KEYS = ("kind", "resource", "place", "test", "message")
_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


class HintsError(Exception):
    """A hints.toml that is not as it must be; the text is one line and names file and line."""


class Level(str, enum.Enum):
    """How much of a ladder is said."""

    NONE = "none"
    FIRST = "first"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Case:
    """What there is to choose by."""

    kind: str
    test: str = ""  # the test function's name
    message: str = ""
    resources: frozenset[str] = frozenset()  # types of what is waited for, or leaked
    places: frozenset[str] = frozenset()  # functions of the culprits


@dataclass(frozen=True, slots=True)
class Hint:
    """A ladder, and when it fits; an empty condition does not restrict."""

    steps: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    resource: str | None = None
    place: str | None = None
    test: str | None = None
    message: str | None = None
    silence: str | None = None  # how a project says that it does not want to hear of this

    @property
    def specificity(self) -> int:
        """How many conditions it makes."""
        narrowed = (self.resource, self.place, self.test, self.message)
        return bool(self.kinds) + sum(condition is not None for condition in narrowed)

    def fits(self, case: Case) -> bool:
        """Tell whether every condition holds."""
        return (
            (not self.kinds or case.kind in self.kinds)
            and (self.resource is None or self.resource in case.resources)
            and (self.place is None or bool(fnmatch.filter(case.places, self.place)))
            and (self.test is None or _test_matches(case.test, self.test))
            and (self.message is None or self.message in case.message)
        )

    def hides(self, later: Hint) -> bool:
        """Tell whether a ladder further down is never shown: this one fits wherever that fits, and comes first."""
        return (
            self.specificity == later.specificity
            and (not self.kinds or (bool(later.kinds) and set(later.kinds) <= set(self.kinds)))
            and (self.resource is None or self.resource == later.resource)
            and (self.place is None or _includes(self.place, later.place))
            and (self.test is None or _includes(self.test, later.test))
            and (self.message is None or (later.message is not None and self.message in later.message))
        )


def case_of(diagnosis: Diagnosis, *, test: str = "") -> Case:
    """Take from a diagnosis what hints are chosen by."""
    waited_for = {wait.resource for wait in diagnosis.waits}
    resources = {
        resource.type for resource in diagnosis.resources if resource.id in waited_for or not waited_for
    }
    places = {place.function for place in diagnosis.culprits}
    return Case(diagnosis.kind.value, test, diagnosis.summary, frozenset(resources), frozenset(places))


def hints_for(case: Case, kata_hints: Sequence[Hint] = (), level: Level = Level.ALL) -> tuple[str, ...]:
    """Give the steps to show: of the kata's ladder if one fits, else of the general one."""
    ladder = choose(case, kata_hints)
    if ladder is None or level is Level.NONE:
        return ()
    return ladder.steps if level is Level.ALL else ladder.steps[:1]


def choose(case: Case, kata_hints: Sequence[Hint] = ()) -> Hint | None:
    """Give the ladder that fits best.

    A kata's own ladder comes first; but its ladder without conditions knows less of a proven finding, or
    of a file that cannot be read, than the general one for that kind, and gives way to it. Where nothing
    is written yet, nothing is wrong yet either: a ladder for what a test found out would speak of mistakes
    that nobody has made.
    """
    if case.kind == FAILURE and UNWRITTEN in case.message:
        kata_hints = [
            hint for hint in kata_hints if not hint.specificity or UNWRITTEN in (hint.message or "")
        ]
    own = _most_specific(case, kata_hints)
    if own is not None and (own.specificity or case.kind == FAILURE):
        return own
    return _most_specific(case, general()) or own


def load(path: Path) -> tuple[Hint, ...]:
    """Read the ladders of a hints.toml. Raises HintsError."""
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HintsError(_syntax_message(path, text, error)) from error
    reader = _Reader(path, text)
    for key in document:
        if key not in _TABLES:
            raise reader.wrong(f"unknown table {key!r}; known are [kata] and [[hint]]", key=key)
    hints = document.get("hint", [])
    if not isinstance(hints, list):
        raise reader.wrong("[hint] must be [[hint]]: there can be many", key="hint")
    return tuple(reader.hint(entry, index) for index, entry in enumerate(hints))


@functools.cache
def general() -> tuple[Hint, ...]:
    """Give the ladders that hold everywhere, one for each kind."""
    return load(GENERAL)


def _most_specific(case: Case, hints: Sequence[Hint]) -> Hint | None:
    fitting = [hint for hint in hints if hint.fits(case)]
    return max(fitting, key=lambda hint: hint.specificity, default=None)  # of equals, the first


def _includes(pattern: str, other: str | None) -> bool:
    """Tell whether a pattern matches whatever another one does."""
    return other is not None and fnmatch.fnmatchcase(other, pattern)


def _test_matches(test: str, pattern: str) -> bool:
    """A pattern is for the function's name; parameters in brackets count only if it names them."""
    return fnmatch.fnmatchcase(test, pattern) or fnmatch.fnmatchcase(test.partition("[")[0], pattern)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise HintsError(f"{path}:{line}: is not UTF-8 text") from error
    except OSError as error:
        raise HintsError(f"{path}:1: cannot be read: {error.strerror}") from error


def _syntax_message(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    match = _TOML_PLACE.search(str(error))
    line = match[1] if match and match[1] else text.count("\n") + 1
    what = str(error)[: match.start()] if match else str(error)
    return f"{path}:{line}: {what}"


class _Reader:
    """Turns tables into hints, with errors that name the line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._index = -1

    def hint(self, entry: Any, index: int) -> Hint:
        self._index = index
        if not isinstance(entry, dict):
            raise self.wrong("a hint is a table: [[hint]]")
        for key in entry:
            if key not in _HINT_KEYS:
                raise self.wrong(f"unknown key {key!r}; a hint has when and steps", key=key)
        when = self._when(entry)
        return Hint(
            steps=self._steps(entry),
            kinds=self._kinds(when),
            resource=self._condition(when, "resource"),
            place=self._condition(when, "place"),
            test=self._condition(when, "test"),
            message=self._condition(when, "message"),
            silence=self._condition(entry, "silence"),
        )

    def _when(self, entry: dict[str, Any]) -> dict[str, Any]:
        if "when" not in entry:
            raise self.wrong("the hint has no 'when'; 'when = {}' fits always")
        when = entry["when"]
        if not isinstance(when, dict):
            raise self.wrong('when must be a table, like { kind = "stalled" }', key="when")
        for key in when:
            if key not in _WHEN_KEYS:
                raise self.wrong(f"unknown condition {key!r}; known are {', '.join(_WHEN_KEYS)}", key="when")
        return when

    def _steps(self, entry: dict[str, Any]) -> tuple[str, ...]:
        steps = entry.get("steps")
        if not isinstance(steps, list) or not steps:
            raise self.wrong("steps must be a list of at least one text", key="steps")
        for step in steps:
            if not isinstance(step, str) or not step.strip():
                raise self.wrong("each of the steps must be a text, and not empty", key="steps")
        return tuple(steps)

    def _kinds(self, when: dict[str, Any]) -> tuple[str, ...]:
        value = when.get("kind", [])
        kinds = [value] if isinstance(value, str) else value
        if not isinstance(kinds, list) or ("kind" in when and not kinds):
            raise self.wrong("kind must be a text or a list of texts", key="when")
        for kind in kinds:
            if kind not in KINDS:
                raise self.wrong(f"{kind!r} is no kind; known are {', '.join(KINDS)}", key="when")
        return tuple(kinds)

    def _condition(self, table: dict[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong(f"{key} must be a text, and not empty", key=key if key in _HINT_KEYS else "when")
        return value

    def wrong(self, what: str, *, key: str | None = None) -> HintsError:
        return HintsError(f"{self._path}:{self._line(key)}: {what}")

    def _line(self, key: str | None) -> int:
        """The line of `key` in the current hint (or the file), else of the hint's header."""
        headers = [
            number for number, line in enumerate(self._lines, 1) if re.match(r"\s*\[\[\s*hint\s*\]\]", line)
        ]
        start = headers[self._index] if 0 <= self._index < len(headers) else 1
        following = headers[self._index + 1] if 0 <= self._index + 1 < len(headers) else len(self._lines) + 1
        end = following if self._index >= 0 else len(self._lines) + 1
        pattern = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key or '')}[\"']?\s*(=|\.|\])")
        matches = (number for number in range(start, end) if key and pattern.match(self._lines[number - 1]))
        return next(matches, start)
