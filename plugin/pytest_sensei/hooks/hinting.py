"""Chooses the hints that go with a finding or a plain failure."""

from __future__ import annotations

import enum

from pytest_sensei.diagnosis import Diagnosis
from pytest_sensei.dojo.katas import Kata


class Level(str, enum.Enum):
    """How much to say."""

    NONE = "none"
    FIRST = "first"
    ALL = "all"


def for_diagnosis(diagnosis: Diagnosis, *, test: str, kata: Kata | None) -> tuple[str, ...]:
    return ()


def for_failure(*, test: str, message: str, kata: Kata) -> tuple[str, ...]:
    return ()
