"""What the kata tests run: the cases of `kata verify`, each in a warm pytest, and judged as there."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import warm
from pytest_sensei.dojo import verify
from pytest_sensei.dojo.jobs import Judged
from pytest_sensei.dojo.journal_plugin import OUTCOME_FILE
from pytest_sensei.dojo.katas import Kata, KataError, is_kata_folder, read_kata
from pytest_sensei.dojo.running import read_outcomes

if TYPE_CHECKING:
    from pytest_sensei.dojo.verify import Case

ROOT = Path(__file__).resolve().parents[2]
KATAS = ROOT / "katas"
SOLUTIONS = ROOT / "solutions"
MISTAKES = ROOT / "tests" / "mistakes"
ANSWERS = ROOT / "tests" / "answers"

LIMIT_SECONDS = 60.0  # for one run of one kata; a right one needs two seconds on an idle machine


def kata_folders() -> list[Path]:
    """Every folder that is one of a kata, also of one that cannot be read."""
    return sorted(folder for folder in KATAS.iterdir() if is_kata_folder(folder))


def katas() -> list[Kata]:
    """Every kata that can be read; another fails its own test only."""
    return [kata for kata in map(_readable, kata_folders()) if kata is not None]


def _readable(folder: Path) -> Kata | None:
    try:
        return read_kata(folder)
    except KataError:
        return None


def all_cases() -> list[Case]:
    return [case for kata in katas() for case in verify.cases(kata)]


def run(case: Case, folder: Path, kitchen: warm.Kitchen) -> tuple[Judged, int | None]:
    """Run one case in a session of its own, and leave nothing of it behind; give the exit code, too."""
    told, output = folder / "outcome.json", folder / "output.txt"
    environment = clean_environment() | {OUTCOME_FILE: str(told)}
    # Output goes to a file: a grandchild that lives on would keep a pipe open, and us waiting.
    request = warm.Request(arguments(case), str(ROOT), environment, str(output), str(output), frees=False)
    exit_code = kitchen.run(request, LIMIT_SECONDS)
    outcome = next((each for each in read_outcomes(told) if each.kata == case.kata.name), None)
    end = f"killed after {LIMIT_SECONDS:g} s" if exit_code is None else f"ended with exit code {exit_code}"
    text = output.read_text(encoding="utf-8", errors="replace")
    return Judged(case.id, outcome, None if outcome is not None else end, text), exit_code


def complaint(case: Case, judged: Judged, exit_code: int | None) -> str | None:
    """Say what is wrong with the end of a case; nothing when it is as it must be."""
    expected = 0 if case.role == verify.RIGHT else 1
    wrong = verify.wrong(case, judged)
    if wrong is None and exit_code != expected:
        return f"pytest must end with exit code {expected}, not {exit_code}"
    return wrong


def arguments(case: Case) -> tuple[str, ...]:
    """What a learner would type."""
    answer = [] if case.role == verify.STUB else [f"--answer={case.file}"]
    return (*targets(case), *answer, "-p", "no:cacheprovider", "-p", "no:xdist", "--color=no")


def targets(case: Case) -> list[str]:
    """The kata's folder; for a mistake, just the test that must tell it: `kata verify` runs all."""
    folder = str(case.kata.folder)
    if case.test == "*":
        return [folder]
    (file,) = case.kata.tests
    names = sorted(name for name in verify.functions(file) if name.startswith("test"))
    return [f"{file}::{name}" for name in names if fnmatchcase(name, case.test)] or [folder]


def clean_environment() -> dict[str, str]:
    """The environment without what the outer pytest (or its xdist worker) says about itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return inherited | {"COLUMNS": "80"}
