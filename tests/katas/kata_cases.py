"""What the kata tests run: every file that is an attempt at a kata, and what must come of it."""

from __future__ import annotations

import ast
import enum
import functools
import json
import os
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import warm
from pytest_sensei.diagnosis import Kind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
KATAS = ROOT / "katas"
SOLUTIONS = ROOT / "solutions"
MISTAKES = ROOT / "tests" / "mistakes"
ANSWERS = ROOT / "tests" / "answers"

LIMIT_SECONDS = 60.0  # for one run of one kata; a right one needs two seconds on an idle machine
FAILURE = "failure"  # a plain red test, without a finding
KNOWN_OUTCOMES = frozenset(kind.value for kind in Kind) | {FAILURE}


class Role(str, enum.Enum):
    """What a file is to its kata, and with it how its run must end."""

    STUB = "stub"
    SOLUTION = "solution"
    ANSWER = "answer"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True)
class Case:
    """One file, run as an attempt at one kata."""

    kata: str
    role: Role
    file: Path
    expected: frozenset[str] = frozenset()
    test: str = "*"

    def __str__(self) -> str:
        if self.role in {Role.STUB, Role.SOLUTION}:
            return f"{self.kata}-{self.role.value}"
        return f"{self.kata}-{self.role.value}-{self.file.stem}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind."""

    exit_code: int | None  # None: it had to be killed
    output: str
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    findings: tuple[dict[str, Any], ...]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["severity"] == "error"]


def kata_folders() -> list[Path]:
    """The folders with tests: one without is not a kata yet, and its own check says so."""
    return sorted(file.parent for file in KATAS.glob("[0-9][0-9]_*/test_*.py"))


def kata_table(folder: Path) -> dict[str, Any]:
    """The `[kata]` table of a kata's hints.toml."""
    table: dict[str, Any] = read_hints(folder)["kata"]
    return table


def read_hints(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "hints.toml").read_text(encoding="utf-8"))


def stub_of(folder: Path) -> Path:
    """The learner's file. Found without hints.toml, so that a broken one fails its own test only."""
    (test,) = folder.glob("test_*.py")
    return folder / test.name.removeprefix("test_")


def docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def field_of(text: str, name: str) -> str:
    """The value of a `name: value` line of a docstring, or nothing."""
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""


def mistake_case(kata: str, file: Path) -> Case:
    text = docstring(file)
    expected = frozenset(kind.strip() for kind in field_of(text, "expect").split(",") if kind.strip())
    return Case(kata, Role.MISTAKE, file, expected, field_of(text, "test") or "*")


def cases_of(folder: Path) -> list[Case]:
    kata, stub = folder.name, stub_of(folder)
    return [
        Case(kata, Role.STUB, stub),
        Case(kata, Role.SOLUTION, SOLUTIONS / kata / stub.name),
        *(Case(kata, Role.ANSWER, file) for file in sorted((ANSWERS / kata).glob("*.py"))),
        *(mistake_case(kata, file) for file in sorted((MISTAKES / kata).glob("*.py"))),
    ]


def all_cases() -> list[Case]:
    return [case for folder in kata_folders() for case in cases_of(folder)]


def arguments(case: Case, report: Path, junit: Path) -> tuple[str, ...]:
    """What a learner would type, with the outcome written to files."""
    answer = [] if case.role is Role.STUB else [f"--answer={case.file}"]
    written = [f"--sensei-report={report}", f"--junitxml={junit}"]
    quiet = ["-p", "no:cacheprovider", "-p", "no:xdist", "--color=no"]
    return (*targets(case), *answer, *written, *quiet)


def targets(case: Case) -> list[str]:
    """The kata's folder; for a mistake, just the test that must tell it: `kata verify` runs all."""
    folder = KATAS / case.kata
    if case.test == "*":
        return [str(folder)]
    (file,) = folder.glob("test_*.py")
    return [f"{file}::{name}" for name in tests_in(file) if fnmatchcase(name, case.test)] or [str(folder)]


@functools.cache
def tests_in(file: Path) -> tuple[str, ...]:
    """The test functions of a kata's test file."""
    nodes = ast.parse(file.read_text(encoding="utf-8")).body
    return tuple(
        node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    )


def clean_environment() -> dict[str, str]:
    """The environment without what the outer pytest (or its xdist worker) says about itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return inherited | {"COLUMNS": "80"}


def run(case: Case, folder: Path, kitchen: warm.Kitchen) -> Outcome:
    """Run one case in a session of its own, and leave nothing of it behind."""
    report, junit, output = folder / "report.jsonl", folder / "junit.xml", folder / "output.txt"
    # Output goes to a file: a grandchild that lives on would keep a pipe open, and us waiting.
    request = warm.Request(
        arguments(case, report, junit), str(ROOT), clean_environment(), str(output), str(output)
    )
    exit_code = kitchen.run(request, LIMIT_SECONDS)
    passed, failed = read_junit(junit)
    text = output.read_text(encoding="utf-8", errors="replace")
    return Outcome(exit_code, text, passed, failed, read_report(report))


def read_junit(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the test functions that passed and that failed, parameters included."""
    if not file.exists():
        return (), ()
    passed, failed = [], []
    for case in ET.parse(file).iter("testcase"):
        outcomes = {child.tag for child in case}
        name = case.get("name", "")
        if outcomes & {"failure", "error"}:
            failed.append(name)
        elif "skipped" not in outcomes:
            passed.append(name)
    return tuple(passed), tuple(failed)


def read_report(file: Path) -> tuple[dict[str, Any], ...]:
    if not file.exists():
        return ()
    return tuple(json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())


def complaints(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with the outcome of a case; nothing when it is as it must be."""
    if outcome.exit_code is None:
        return [f"it hung: killed after {LIMIT_SECONDS:g} s"]
    if case.role is Role.STUB:
        return stub_complaints(outcome)
    if case.role is Role.MISTAKE:
        return mistake_complaints(case, outcome)
    return right_answer_complaints(outcome)


def stub_complaints(outcome: Outcome) -> list[str]:
    wrong = []
    if outcome.exit_code != 1:
        wrong.append(f"a stub must fail its tests (exit code 1), this ended with {outcome.exit_code}")
    if any(finding["kind"] == Kind.TIMEOUT.value for finding in outcome.findings):
        wrong.append("a stub must fail at once, this ran into a time limit")
    return wrong


def right_answer_complaints(outcome: Outcome) -> list[str]:
    wrong = []
    if outcome.exit_code != 0 or outcome.failed:
        wrong.append(f"a right answer must pass: exit code {outcome.exit_code}, failed {outcome.failed}")
    if not outcome.passed:
        wrong.append("no test ran")
    wrong += [f"a right answer was accused: {error['kind']}: {error['summary']}" for error in outcome.errors]
    return wrong


def mistake_complaints(case: Case, outcome: Outcome) -> list[str]:
    if outcome.exit_code != 1:
        return [f"a mistake must fail its tests (exit code 1), this ended with {outcome.exit_code}"]
    if FAILURE in case.expected and any(matches(case, name) for name in outcome.failed):
        return []
    seen = {error["kind"] for error in outcome.errors if matches(case, function_of(error["nodeid"]))}
    if seen & case.expected:
        return []
    return [f"expected {sorted(case.expected)} in {case.test}, found {sorted(seen)}, failed {outcome.failed}"]


def function_of(nodeid: str) -> str:
    return nodeid.partition("[")[0].rpartition("::")[2]


def matches(case: Case, name: str) -> bool:
    return fnmatchcase(name.partition("[")[0], case.test)
