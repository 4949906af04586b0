"""`kata verify`: checks the checkers. Stubs fail, right answers pass, mistakes fail for their own reason."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Kind, Light, Severity
from pytest_sensei.dojo import reading
from pytest_sensei.dojo.answers import AnswerError
from pytest_sensei.dojo.jobs import Job, Judged, job_for
from pytest_sensei.hints.catalogue import Hint, HintsError, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.warden import Limits

STUB, RIGHT, MISTAKE = "stub", "right", "mistake"
_FAILURE = "failure"
_KNOWN = {kind.value for kind in Kind} | {_FAILURE}
_STEPS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One file that is run against its kata, and what must come of it."""

    kata: Kata
    role: str
    name: str
    file: Path
    kinds: tuple[str, ...] = ()
    test: str = "*"

    @property
    def id(self) -> str:
        """The name of its job."""
        return f"{self.kata.name}/{self.role}/{self.name}"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is not as it must be."""

    kata: str
    about: str
    says: str


def cases(kata: Kata) -> list[Case]:
    """Give everything that is run for a kata."""
    right = [*_reference(kata), *reading.other_designs(kata)]
    return [
        Case(kata, STUB, kata.stub.stem, kata.stub),
        *(Case(kata, RIGHT, design.name, design.path) for design in right),
        *(Case(kata, MISTAKE, m.name, m.path, m.kinds, m.test) for m in reading.mistakes(kata)),
    ]


def jobs(all_cases: Sequence[Case], limits: Limits) -> list[Job]:
    """Make a job of each case."""
    return [
        job_for(case.id, case.kata, None if case.role == STUB else case.file.read_bytes(), limits)
        for case in all_cases
    ]


def judge(all_cases: Sequence[Case], judged: Mapping[str, Judged]) -> list[Complaint]:
    """Say which cases did not end as they must."""
    found = []
    for case in all_cases:
        says = wrong(case, judged[case.id])
        if says is not None:
            found.append(Complaint(case.kata.name, f"{case.role} {case.name}", says))
    return found


def incomplete(kata: Kata) -> list[Complaint]:
    """Say what a kata lacks, in the order in which one would add it."""
    found = [*_missing_files(kata), *_about_hints(kata), *_about_kept(kata), *_unlisted(kata)]
    return [Complaint(kata.name, about, says) for about, says in found]


def wrong(case: Case, judged: Judged) -> str | None:
    """Say in what a case did not end as it must; nothing when it did."""
    outcome = judged.outcome
    if outcome is None or outcome.trouble is not None:
        return judged.says
    timed_out = any(finding["kind"] == Kind.TIMEOUT.value for finding in outcome.findings)
    if case.role == STUB:
        if outcome.light is Light.GREEN:
            return "passes: the tests ask for nothing that it lacks"
        return "runs into a time limit: it must fail at once" if timed_out else _announces(judged)
    if case.role == RIGHT:
        return None if outcome.done else f"must pass, but: {judged.says}"
    return _wrong_mistake(case, judged)


def _announces(judged: Judged) -> str | None:
    """A stub fails for what is to be done: with a hint for its first failure."""
    outcome = judged.outcome
    return None if outcome is not None and outcome.ladder else f"fails without a hint: {judged.says}"


def _wrong_mistake(case: Case, judged: Judged) -> str | None:
    outcome = judged.outcome
    if outcome is None or outcome.light is Light.GREEN:
        return "passes: no test catches it"
    errors = [each for each in outcome.findings if each["severity"] == Severity.ERROR.value]
    seen = {each["kind"] for each in errors if _is_of(case, each["nodeid"])}
    failed = [
        each.name for each in outcome.tests if each.outcome in {"failed", "error"} and _is_of(case, each.name)
    ]
    if failed and _FAILURE in case.kinds:
        seen.add(_FAILURE)
    if seen & set(case.kinds):
        return None
    return f"expected {', '.join(case.kinds)} in {case.test}, but: {judged.says}"


def _is_of(case: Case, name: str) -> bool:
    return fnmatchcase(name.rpartition("::")[2].partition("[")[0], case.test)


def _reference(kata: Kata) -> list[reading.Design]:
    try:
        return [reading.reference(kata)]
    except AnswerError:
        return []


def _missing_files(kata: Kata) -> list[tuple[str, str]]:
    found = []
    if not kata.readme.is_file() or not kata.readme.read_text(encoding="utf-8").strip():
        found.append(
            ("README.md", "is missing or empty: what is it for, the task, the contract, further reading")
        )
    if not kata.stub.is_file():
        return [*found, (kata.stub.name, "is missing: it has the names of the contract, and fails")]
    if "TODO" not in kata.stub.read_text(encoding="utf-8"):
        found.append((kata.stub.name, "has no TODO: what is there to do?"))
    if not kata.tests:
        found.append((f"test_{kata.stub.name}", "is missing"))
    if not _reference(kata):
        found.append(("solution", f"is missing: solutions/{kata.name}/{kata.stub.name}"))
    return found


def _about_hints(kata: Kata) -> list[tuple[str, str]]:
    try:
        hints = load(kata.hints)
    except HintsError as error:
        return [("hints.toml", str(error))]
    found = []
    if not any(hint.specificity == 0 for hint in hints):
        found.append(("hints.toml", "has no general ladder: a [[hint]] with when = {} and three steps"))
    if len(hints) < 2:
        found.append(("hints.toml", "has no ladder for any of the mistakes"))
    if any(len(hint.steps) != _STEPS for hint in hints):
        found.append(("hints.toml", f"every ladder has {_STEPS} steps: a question, the rule, the shape"))
    found += [("hints.toml", says) for says in _hidden(hints)]
    names = _functions(kata)
    patterns = [hint.test for hint in hints if hint.test is not None]
    unused = [each for each in patterns if not any(fnmatchcase(name, each) for name in names)]
    return found + [("hints.toml", f"test = {each!r} fits no test of the kata") for each in unused]


def _hidden(hints: Sequence[Hint]) -> Iterator[str]:
    """Yield which ladders nobody will ever see."""
    for number, hint in enumerate(hints, 1):
        first = next((n for n, each in enumerate(hints[: number - 1], 1) if each.hides(hint)), None)
        if first is not None:
            yield f"ladder {number} is never shown: ladder {first} fits wherever it does, and comes first"


def _about_kept(kata: Kata) -> list[tuple[str, str]]:
    found = []
    kept = reading.mistakes(kata)
    if not kept:
        found.append(("mistakes", f"there is none: tests/mistakes/{kata.name}/NAME.py"))
    for each in kept:
        if not each.says:
            found.append((f"mistake {each.name}", "its docstring's first line must say the mistake"))
        unknown = set(each.kinds) - _KNOWN
        if not each.kinds or unknown:
            names = ", ".join(sorted(unknown)) or "nothing"
            found.append(
                (f"mistake {each.name}", f"its docstring must announce a kind (expect: stalled), not {names}")
            )
        if not any(fnmatchcase(name, each.test) for name in _functions(kata)):
            found.append((f"mistake {each.name}", f"test: {each.test} fits no test of the kata"))
    return found


def _unlisted(kata: Kata) -> list[tuple[str, str]]:
    known = {kata.readme, kata.stub, kata.hints, *kata.tests, *_imported(kata)}
    files = (
        path for path in sorted(kata.folder.iterdir()) if path.name != "__pycache__" and path not in known
    )
    return [
        (path.name, "belongs to nothing: remove it") for path in files if not path.name.startswith(("_", "."))
    ]


def _imported(kata: Kata) -> set[Path]:
    """Give the modules in the kata's folder that its tests import, and those that these import."""
    found: set[Path] = set()
    waiting = list(kata.tests)
    while waiting:
        names = _modules_named_in(waiting.pop())
        new = {file for file in kata.folder.glob("*.py") if file.stem in names} - found
        found |= new
        waiting += new
    return found


def _modules_named_in(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
    return names


def functions(file: Path) -> set[str]:
    """Name the functions in a file of tests."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(_tree(file)) if isinstance(node, kinds)}


def _functions(kata: Kata) -> set[str]:
    return set().union(*map(functions, kata.tests))


def _tree(file: Path) -> ast.Module:
    """Give the syntax of a file; of one that cannot be read, none: its run says why."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return ast.Module([], [])
