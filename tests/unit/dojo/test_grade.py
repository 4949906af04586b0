"""Finding submissions, and writing grades down."""

from __future__ import annotations

import csv
import io
import os
import sys
import xml.etree.ElementTree as ET

import pytest
from journal_rows import outcome
from kata_folders import RIGHT, make_clone, write
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.grade import (
    Grade,
    Submission,
    collect,
    jobs,
    persons,
    table,
    to_csv,
    to_json,
    to_junit,
)
from pytest_sensei.dojo.jobs import Judged
from pytest_sensei.dojo.katas import katas_under
from pytest_sensei.dojo.warden import Limits
from pytest_sensei.dojo.workspace import WorkspaceError


@pytest.fixture
def katas(tmp_path):
    return katas_under(make_clone(tmp_path / "clone", "03_adding", "04_summing") / "katas")


def found(submissions):
    return [submission.id for submission in submissions]


def test_folder_for_each_person(tmp_path, katas):
    write(tmp_path / "bob" / "adding.py", RIGHT)
    write(tmp_path / "alice" / "04_summing" / "summing.py", RIGHT)
    write(tmp_path / "alice" / "katas" / "03_adding" / "adding.py", RIGHT)
    submissions = collect([tmp_path / "bob", tmp_path / "alice"], katas, None)
    assert found(submissions) == ["alice/03_adding", "alice/04_summing", "bob/03_adding"]


def test_folder_of_folders(tmp_path, katas):
    write(tmp_path / "all" / "bob" / "adding.py", RIGHT)
    write(tmp_path / "all" / "alice" / "adding.py", RIGHT)
    write(tmp_path / "all" / ".git" / "adding.py", RIGHT)
    assert found(collect([tmp_path / "all"], katas, None)) == ["alice/03_adding", "bob/03_adding"]


def test_files_of_any_name_need_the_kata_named(tmp_path, katas):
    write(tmp_path / "all" / "bob.py", RIGHT)
    write(tmp_path / "all" / "alice.py", RIGHT)
    assert found(collect([tmp_path / "all"], katas, katas[0])) == ["alice/03_adding", "bob/03_adding"]
    with pytest.raises(WorkspaceError, match=r"bob\.py: which kata does it answer"):
        collect([tmp_path / "all" / "bob.py"], katas, None)


def test_file_named_as_a_stub_belongs_to_the_person_of_its_folder(tmp_path, katas):
    file = write(tmp_path / "carol" / "summing.py", RIGHT)
    assert found(collect([file], katas, None)) == ["carol/04_summing"]


def test_path_without_a_submission_is_named(tmp_path, katas):
    write(tmp_path / "empty" / "notes.txt", "")
    with pytest.raises(
        WorkspaceError, match=r"empty holds no submission: looked for adding\.py, summing\.py"
    ):
        collect([tmp_path / "empty"], katas, None)
    with pytest.raises(WorkspaceError, match="gone does not exist"):
        collect([tmp_path / "gone"], katas, None)


def test_two_files_of_one_person_for_one_kata_are_refused(tmp_path, katas):
    for parent in ("a", "b"):
        write(tmp_path / parent / "bob" / "adding.py", RIGHT)
    with pytest.raises(WorkspaceError, match="bob has two files for 03_adding"):
        collect([tmp_path / "a" / "bob", tmp_path / "b" / "bob"], katas, None)


def test_who_handed_in_nothing_has_a_row_all_the_same(tmp_path, katas, graded):
    write(tmp_path / "all" / "bob" / "adding.py", RIGHT)
    (tmp_path / "all" / "dave").mkdir()
    (tmp_path / "all" / "__pycache__").mkdir()
    assert persons([tmp_path / "all"], katas) == {"bob", "dave"}
    assert persons([tmp_path / "all" / "bob"], katas) == set()
    assert table(graded, {"bob", "dave"})[1][-1] == ("dave", [None, None])


def test_file_that_cannot_be_run_spoils_nobody_elses_grade(tmp_path, katas):
    write(tmp_path / "all" / "alice" / "adding.py", RIGHT)
    write(tmp_path / "all" / "bob" / "adding.py", "#" * 1_000_001)
    (tmp_path / "all" / "carol" / "adding.py").mkdir(parents=True)
    (tmp_path / "all" / "dave").mkdir()
    (tmp_path / "all" / "dave" / "adding.py").symlink_to("nowhere")
    runnable, refused = jobs(collect([tmp_path / "all"], katas, None), Limits())
    assert [job.id for job in runnable] == ["alice/03_adding"]
    assert {name: judged.says for name, judged in refused.items()} == {
        "bob/03_adding": "is larger than 1 MB: not run",
        "carol/03_adding": "is not a file",
        "dave/03_adding": "is not a file",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name must be UTF-8")
def test_names_of_persons_are_made_printable(tmp_path, katas):
    for name in (b"n\xe9m", b"\x1b[31mred", b"[x] <b>"):
        write(tmp_path / "all" / os.fsdecode(name) / "adding.py", RIGHT)
    names = [submission.person for submission in collect([tmp_path / "all"], katas, None)]
    assert sorted(names) == ["[x] <b>", "\\x1b[31mred", "n\\xe9m"]


@pytest.fixture
def graded(tmp_path, katas):
    first, second = katas
    green, black = outcome("03_adding", Light.GREEN), outcome("04_summing", Light.BLACK)
    file = tmp_path / "x.py"
    return [
        Grade(Submission("=alice", first, file), Judged("=alice/03_adding", green)),
        Grade(Submission("=alice", second, file), Judged("=alice/04_summing", black)),
        Grade(
            Submission("bob", second, file), Judged("bob/04_summing", None, "killed by \x1b[0m signal 9 <&>")
        ),
    ]


def test_table_has_a_light_for_each_person_and_kata(graded):
    katas, rows = table(graded)
    assert katas == ["03_adding", "04_summing"]
    assert rows == [("=alice", [Light.GREEN, Light.BLACK]), ("bob", [None, Light.AMBER])]


def test_json_has_nothing_that_changes_from_run_to_run(graded):
    first = to_json(graded)[0]
    assert first == {
        "person": "=alice",
        "kata": "03_adding",
        "light": "G",
        "green": True,
        "says": "1 test passes",
        "kinds": [],
        "passed": 1,
        "tests": 1,
    }


def test_csv_cannot_smuggle_a_formula(graded):
    rows = list(csv.DictReader(io.StringIO(to_csv(graded))))
    assert [row["person"] for row in rows] == ["'=alice", "'=alice", "bob"]
    assert rows[2]["light"] == "A"


def test_junit_is_readable_whatever_was_said(graded):
    root = ET.fromstring(to_junit(graded))
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [
        ("=alice", "2", "1"),
        ("bob", "1", "1"),
    ]
    messages = [failure.get("message") for failure in root.iter("failure")]
    assert messages == ["adds fails", "killed by ?[0m signal 9 <&>"]
