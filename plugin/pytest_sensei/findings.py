"""The findings of each test, from the moment of discovery to its report."""

from __future__ import annotations

import pytest

from pytest_sensei.diagnosis import Diagnosis

_FOUND = pytest.StashKey[dict[str, list[Diagnosis]]]()


def add(item: pytest.Item, diagnosis: Diagnosis, phase: str = "call") -> None:
    """Attach a diagnosis to a phase of a test; it is reported with that phase."""
    found = item.stash.setdefault(_FOUND, {})
    found.setdefault(phase, []).append(diagnosis)


def of(item: pytest.Item, phase: str) -> list[Diagnosis]:
    """Return the diagnoses of one phase of a test."""
    return item.stash.get(_FOUND, {}).get(phase, [])


def forget(item: pytest.Item, phase: str) -> None:
    """Drop what is known of a phase of a test: it runs again."""
    item.stash.setdefault(_FOUND, {}).pop(phase, None)
