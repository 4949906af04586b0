"""Runs pytest on katas as a learner would, and learns how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo import outcome as outcomes
from pytest_sensei.dojo.files import read_bytes
from pytest_sensei.dojo.journal_plugin import OUTCOME_FILE
from pytest_sensei.dojo.katas import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has ended."""

    exit_code: int
    outcomes: tuple[Outcome, ...]


def pytest_command(katas: Sequence[Kata], extra: Sequence[str] = ()) -> list[str]:
    """Give the command that runs the katas' tests."""
    return [sys.executable, "-m", "pytest", *(shown(kata.folder) for kata in katas), *extra]


def run_katas(katas: Sequence[Kata], extra: Sequence[str] = ()) -> Finished:
    """Run the katas' tests on this terminal. Ctrl-C reaches pytest, which ends in its own way."""
    with tempfile.TemporaryDirectory(prefix="kata-") as folder:
        file = Path(folder, "outcome.json")
        process = subprocess.Popen(pytest_command(katas, extra), env=environment(file))  # noqa: S603 - our own
        while True:
            try:
                process.wait()
                break
            except KeyboardInterrupt:
                continue  # pytest was interrupted, too, and is telling about it
        return Finished(process.returncode, read_outcomes(file))


def environment(outcome_file: Path) -> dict[str, str]:
    """Give the environment in which pytest tells its outcome to a file."""
    return {**os.environ, OUTCOME_FILE: str(outcome_file)}


def read_outcomes(file: Path) -> tuple[Outcome, ...]:
    """Read what a run told; nothing when it was killed before it could."""
    content = read_bytes(file)
    return tuple(outcomes.from_json(value) for value in json.loads(content)) if content else ()


def next_step(kata: Kata, outcome: Outcome | None) -> str:
    """Say what to do after a run."""
    number = kata.number
    if outcome is None:
        return f"kata run {number}"
    if outcome.light is Light.GREEN:
        return f"kata run {number} (all its tests)" if outcome.partial else "kata next"
    if outcome.excused:
        return "kata doctor"
    if outcome.trouble is not None:
        return f"repair that in {shown(kata.stub)}, then kata run {number}"
    return f"change {shown(kata.stub)}, or kata hint {number}"
