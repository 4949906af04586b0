"""Chooses the ladder of hints that goes with a finding, a plain failure or a stub that does not import."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.dojo.katas import Kata, KataError, katas_in
from pytest_sensei.hints.catalogue import FAILURE, IMPORT, Case, Hint, HintsError, case_of, hints_for, load

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sensei.diagnosis import Diagnosis

# Lines of pytest's report that say what was raised; the others show code, where any word may stand.
_RAISED = re.compile(r"^(?:E .*|\S.*:\d+: \S.*)$", re.MULTILINE)


def check(config: pytest.Config) -> None:
    """Read the hints of every kata of the run now, so that a broken file is told before anything runs."""
    try:
        for kata in katas_in(config.args, config.invocation_params.dir):
            _ladders(kata.hints)
    except (KataError, HintsError) as error:
        raise pytest.UsageError(str(error)) from error


def for_diagnosis(diagnosis: Diagnosis, *, test: str, kata: Kata | None) -> tuple[str, ...]:
    """Return the ladder for a finding: the kata's own where it has one that fits."""
    return hints_for(case_of(diagnosis, test=test), _of(kata))


def for_failure(*, test: str, report: str, kata: Kata) -> tuple[str, ...]:
    """Return the ladder for a failure of which the plugin knows no more than what pytest reports."""
    return hints_for(Case(FAILURE, test, message_in(report)), _of(kata))


def message_in(report: str) -> str:
    """Return what was raised, without the code that the report shows; all of it when it has another form."""
    return "\n".join(_RAISED.findall(report)) or report


def for_import(*, message: str, kata: Kata) -> tuple[str, ...]:
    """Return the ladder for a stub that cannot be imported."""
    return hints_for(Case(IMPORT, "", message), _of(kata))


def _of(kata: Kata | None) -> tuple[Hint, ...]:
    return _ladders(kata.hints) if kata is not None else ()


@functools.lru_cache(maxsize=128)
def _ladders(path: Path) -> tuple[Hint, ...]:
    return load(path)
