"""`kata grade`: which submission answers which kata, and the results as a table, JSON, CSV and JUnit."""

from __future__ import annotations

import csv
import io
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import JSONObject, Light, Severity
from pytest_sensei.dojo.jobs import Job, Judged, job_for
from pytest_sensei.dojo.outcome import printable
from pytest_sensei.dojo.workspace import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.warden import Limits

_SUBFOLDERS = ("", "katas", "my-katas")  # where a person's folder may hold NN_slug/<stub>
_LARGEST = 1_000_000  # bytes of one file: what is larger was not written by a person


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's file for one kata."""

    person: str
    kata: Kata
    file: Path

    @property
    def id(self) -> str:
        """The name of its job."""
        return f"{self.person}/{self.kata.name}"


@dataclass(frozen=True, slots=True)
class Grade:
    """A submission and what came of it."""

    submission: Submission
    judged: Judged

    @property
    def kinds(self) -> list[str]:
        """The kinds of the findings that fail tests, each once, in order."""
        findings = self.judged.outcome.findings if self.judged.outcome else ()
        errors = [finding["kind"] for finding in findings if finding["severity"] == Severity.ERROR.value]
        return list(dict.fromkeys(errors))


def collect(paths: Sequence[Path], katas: Sequence[Kata], only: Kata | None) -> list[Submission]:
    """Find the submissions, by person and kata. Raises WorkspaceError naming a path that holds none."""
    wanted = [only] if only is not None else list(katas)
    found: dict[str, Submission] = {}
    for path in paths:
        for submission in _submissions(path, wanted, only):
            if found.setdefault(submission.id, submission).file != submission.file:
                raise WorkspaceError(
                    f"{submission.person} has two files for {submission.kata.name}:"
                    f" {found[submission.id].file} and {submission.file}"
                )
    return sorted(found.values(), key=lambda each: (each.person, each.kata.number))


def persons(paths: Sequence[Path], katas: Sequence[Kata]) -> set[str]:
    """Name everybody who has a folder among those of others, also with nothing in it."""
    shared = [path for path in paths if path.is_dir() and not any(_of_person(path, katas))]
    return {_name(child) for path in shared for child in path.iterdir() if _may_be_a_person(child)}


def jobs(submissions: Sequence[Submission], limits: Limits) -> tuple[list[Job], dict[str, Judged]]:
    """Make a job of each submission; what cannot be run is judged here, and spoils nobody else's grade."""
    runnable, refused = [], {}
    for each in submissions:
        content = _read(each.file)
        if isinstance(content, bytes):
            runnable.append(job_for(each.id, each.kata, content, limits))
        else:
            refused[each.id] = Judged(each.id, None, content)
    return runnable, refused


def grades(submissions: Sequence[Submission], judged: Mapping[str, Judged]) -> list[Grade]:
    """Join the submissions with their ends."""
    return [Grade(each, judged[each.id]) for each in submissions]


def table(
    graded: Sequence[Grade], everybody: Iterable[str] = ()
) -> tuple[list[str], list[tuple[str, list[Light | None]]]]:
    """Give the katas that somebody submitted, and a row of lights for each person."""
    katas = sorted({each.submission.kata.name for each in graded})
    lights = {(each.submission.person, each.submission.kata.name): each.judged.light for each in graded}
    persons = sorted({each.submission.person for each in graded}.union(everybody))
    return katas, [(person, [lights.get((person, kata)) for kata in katas]) for person in persons]


def to_json(graded: Sequence[Grade]) -> list[JSONObject]:
    """Turn grades into plain JSON values, without anything that changes from run to run."""
    return [
        {
            "person": each.submission.person,
            "kata": each.submission.kata.name,
            "light": each.judged.light.value,
            "green": each.judged.light is Light.GREEN,
            "says": each.judged.says,
            "kinds": each.kinds,
            "passed": each.judged.outcome.passed if each.judged.outcome else 0,
            "tests": len(each.judged.outcome.tests) if each.judged.outcome else 0,
        }
        for each in graded
    ]


def to_csv(graded: Sequence[Grade]) -> str:
    """Write grades for a spreadsheet."""
    rows = to_json(graded)
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["person", "kata", "light", "passed", "tests", "kinds", "says"], extrasaction="ignore"
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return text.getvalue()


def to_junit(graded: Sequence[Grade]) -> str:
    """Write grades as JUnit XML: a suite for each person, a case for each kata."""
    root = ET.Element("testsuites")
    for person in sorted({each.submission.person for each in graded}):
        mine = [each for each in graded if each.submission.person == person]
        bad = sum(each.judged.light is not Light.GREEN for each in mine)
        suite = ET.SubElement(
            root, "testsuite", name=person, tests=str(len(mine)), failures=str(bad), errors="0"
        )
        for each in mine:
            case = ET.SubElement(
                suite, "testcase", classname=person, name=each.submission.kata.name, time="0"
            )
            if each.judged.light is not Light.GREEN:
                failure = ET.SubElement(case, "failure", message=_printable(each.judged.says))
                failure.text = _printable(", ".join(each.kinds))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _submissions(path: Path, wanted: Sequence[Kata], only: Kata | None) -> Iterator[Submission]:
    """A file is one person's; a folder is one person's, or holds a file or folder for each person."""
    if path.is_file():
        yield _of_file(path, wanted, only)
        return
    if not path.is_dir():
        raise WorkspaceError(f"{path} does not exist")
    own = list(_of_person(path, wanted))
    if not own:
        for child in sorted(path.iterdir()):
            if _may_be_a_person(child):
                own.extend(_of_person(child, wanted))
            elif only is not None and child.suffix == ".py":
                own.append(_of_file(child, wanted, only))
    if not own:
        names = ", ".join(kata.stub.name for kata in wanted[:3]) + (", ..." if len(wanted) > 3 else "")
        raise WorkspaceError(
            f"{path} holds no submission: looked for {names}, here and in folders of persons"
        )
    yield from own


def _of_file(path: Path, wanted: Sequence[Kata], only: Kata | None) -> Submission:
    kata = next((kata for kata in wanted if kata.stub.name == path.name), None)
    if kata is not None:
        return Submission(_name(path.absolute().parent), kata, path)
    if only is None:
        raise WorkspaceError(f"{path}: which kata does it answer? name it as its stub, or add --kata NN")
    return Submission(_name(path.with_suffix("")), only, path)


def _of_person(folder: Path, wanted: Sequence[Kata]) -> Iterator[Submission]:
    person = _name(folder.absolute())
    for kata in wanted:
        places = [folder / kata.stub.name]
        places += [folder / sub / kata.name / kata.stub.name for sub in _SUBFOLDERS]
        file = next((place for place in places if place.is_symlink() or place.exists()), None)
        if file is not None:
            yield Submission(person, kata, file)


def _may_be_a_person(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "__"))


def _name(path: Path) -> str:
    """Name a person as their folder or file, with only what can be printed and written anywhere."""
    return printable(os.fsencode(path.name).decode("utf-8", "backslashreplace"))


def _read(file: Path) -> bytes | str:
    """Give the content, or say why the file is not run."""
    try:
        if not file.is_file():
            return "is not a file"
        if file.stat().st_size > _LARGEST:
            return f"is larger than {_LARGEST // 1_000_000} MB: not run"
        return file.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    if isinstance(value, list):
        value = ", ".join(value)
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@") else value


def _printable(text: str) -> str:
    """XML knows no control characters."""
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)
