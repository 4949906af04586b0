"""What was asked for: options, ini keys and markers, with the defaults that depend on where a test stands."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_sensei.diagnosis import Diagnosis, Group, Kind, Severity

DEFAULTS = {Group.DEADLOCKS: Severity.ERROR, Group.LEAKS: Severity.WARN, Group.RACES: Severity.ERROR}
GRACE = 0.5  # seconds
CHOICES = [Severity.ERROR.value, Severity.WARN.value, Severity.OFF.value]


@dataclass(frozen=True, slots=True)
class Settings:
    """The severities that hold for one test. `explicit` names the groups that somebody has set."""

    severities: dict[Group, Severity]
    explicit: frozenset[Group] = frozenset()

    def severity(self, diagnosis: Diagnosis) -> Severity:
        """Return what a diagnosis does to the test.

        A lock order that did no harm is a warning outside the katas unless deadlocks are explicitly errors. So
        is a busy wait of a watched test, everywhere: what fails the test is its time limit.
        """
        if diagnosis.kind is Kind.EXPLORED:
            return Severity.NOTE
        group = diagnosis.kind.group
        severity = self.severities[group]
        if diagnosis.kind is Kind.SPINNING and diagnosis.mode == "watched":
            return Severity.WARN if severity is not Severity.OFF else severity
        if diagnosis.kind is Kind.LOCK_ORDER and severity is Severity.ERROR and group not in self.explicit:
            return Severity.WARN
        return severity


_PROJECT = pytest.StashKey[dict[bool, Settings]]()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini keys of the severities."""
    group = parser.getgroup("sensei", "concurrency (sensei)")
    for name in Group:
        group.addoption(
            f"--sensei-{name.value}",
            choices=CHOICES,
            help=f"what findings of the group '{name.value}' do: error, warn or off",
        )
        parser.addini(f"sensei_{name.value}", f"as --sensei-{name.value}", default="")
    parser.addini("sensei_grace", "seconds a leaked thread or process is given to end", default=str(GRACE))


def grace(config: pytest.Config) -> float:
    """Return the patience before a leak is a leak, in seconds."""
    text = config.getini("sensei_grace")
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    if value < 0:
        raise pytest.UsageError(
            f"sensei_grace = {text}: not a number of seconds, for example sensei_grace = 0.5"
        )
    return value


def settings_for(item: pytest.Item, *, is_kata: bool) -> Settings:
    """Return what holds for a test: its markers before the command line, that before the ini file."""
    project = _project_settings(item.config, is_kata=is_kata)
    markers = list(item.iter_markers("sensei"))
    if not markers:
        return project
    severities, explicit = dict(project.severities), set(project.explicit)
    for marker in reversed(markers):
        if marker.args:
            source = f"@pytest.mark.sensei({', '.join(map(repr, marker.args))})"
            raise pytest.UsageError(f'{source}: takes keyword arguments only; for example leaks="off"')
        for name, value in marker.kwargs.items():
            group = _group(name, f"@pytest.mark.sensei({name}=...)")
            severities[group] = _severity(value, f"@pytest.mark.sensei({name}={value!r})", f'{name}="off"')
            explicit.add(group)
    return Settings(severities, frozenset(explicit))


def _project_settings(config: pytest.Config, *, is_kata: bool) -> Settings:
    """Return what the command line and the ini file say; read once."""
    known = config.stash.setdefault(_PROJECT, {})
    if is_kata not in known:
        known[is_kata] = _read_settings(config, is_kata=is_kata)
    return known[is_kata]


def _read_settings(config: pytest.Config, *, is_kata: bool) -> Settings:
    severities = dict.fromkeys(Group, Severity.ERROR) if is_kata else dict(DEFAULTS)
    explicit = set(Group) if is_kata else set()
    for group in Group:
        name = f"sensei_{group.value}"
        value = config.getoption(name) or config.getini(name)
        if value:
            severities[group] = _severity(value, f"{name} = {value}", f"{name} = warn")
            explicit.add(group)
    return Settings(severities, frozenset(explicit))


def _group(name: str, source: str) -> Group:
    try:
        return Group(name)
    except ValueError:
        allowed = ", ".join(group.value for group in Group)
        raise pytest.UsageError(f'{source}: expected one of {allowed}; for example leaks="off"') from None


def _severity(value: str, source: str, example: str) -> Severity:
    if value not in CHOICES:
        raise pytest.UsageError(f"{source}: expected one of {', '.join(CHOICES)}; for example {example}")
    return Severity(value)
