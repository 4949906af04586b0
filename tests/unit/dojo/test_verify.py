"""What `kata verify` complains about."""

from __future__ import annotations

import pytest
from journal_rows import outcome
from kata_folders import make_clone, make_kata, write
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo import reading
from pytest_sensei.dojo.jobs import Judged
from pytest_sensei.dojo.katas import read_kata
from pytest_sensei.dojo.outcome import Outcome, TestResult
from pytest_sensei.dojo.scaffold import new_kata
from pytest_sensei.dojo.verify import MISTAKE, RIGHT, STUB, Case, cases, incomplete, judge
from pytest_sensei.dojo.workspace import WorkspaceError

PASSED = outcome(light=Light.GREEN)
FAILED = outcome(light=Light.RED)


def stalled(test="test_adds", *, kind="stalled"):
    finding = {
        "kind": kind,
        "severity": "error",
        "proved": True,
        "nodeid": f"03_adding/test_adding.py::{test}",
        "summary": "nobody can wake anybody",
    }
    return Outcome("03_adding", Light.BLACK, (TestResult(test, "failed"),), (finding,), ("a hint",))


@pytest.fixture
def kata(tmp_path):
    return read_kata(make_kata(tmp_path, "03_adding"))


@pytest.mark.parametrize(
    ("role", "kinds", "end", "says"),
    [
        (STUB, (), FAILED, None),
        (STUB, (), stalled(), None),
        (STUB, (), PASSED, "passes: the tests ask for nothing that it lacks"),
        (STUB, (), stalled(kind="timeout"), "runs into a time limit"),
        (STUB, (), Outcome("03_adding", Light.RED, FAILED.tests), "fails without a hint"),
        (STUB, (), Outcome("03_adding", Light.AMBER, trouble="adding.py:1: no"), "adding.py:1: no"),
        (RIGHT, (), PASSED, None),
        (RIGHT, (), FAILED, "must pass, but: adds fails"),
        (RIGHT, (), outcome(light=Light.GREEN, partial=True), "must pass"),
        (MISTAKE, ("stalled",), stalled(), None),
        (MISTAKE, ("failure",), FAILED, None),
        (MISTAKE, ("stalled", "failure"), FAILED, None),
        (MISTAKE, ("stalled",), FAILED, "expected stalled in test_*, but: adds fails"),
        (MISTAKE, ("stalled",), stalled("other"), "expected stalled in test_*"),
        (MISTAKE, ("stalled",), PASSED, "passes: no test catches it"),
        (MISTAKE, ("stalled",), None, "stopped after 60 s"),
    ],
)
def test_judgement_of_a_case(kata, role, kinds, end, says):
    case = Case(kata, role, "name", kata.stub, kinds, "test_*")
    judged = Judged(case.id, end, None if end else "stopped after 60 s")
    complaints = judge([case], {case.id: judged})
    if says is None:
        assert complaints == []
    else:
        assert says in complaints[0].says
        assert complaints[0].about == f"{role} name"


def test_new_kata_is_explained_step_by_step(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PACKAGE", tmp_path / "plugin" / "pytest_sensei")
    make_clone(tmp_path, "03_adding")
    new_kata(tmp_path / "katas", "41_mailbox")
    kata = read_kata(tmp_path / "katas" / "41_mailbox")
    assert [complaint.about for complaint in incomplete(kata)] == ["solution", "hints.toml", "mistakes"]
    write(tmp_path / "solutions" / "41_mailbox" / "mailbox.py", "def answer(): return 42\n")
    mistake = '"""Answers too much.\n\nexpect: failure\n"""\n\ndef answer(): return 43\n'
    write(tmp_path / "tests" / "mistakes" / "41_mailbox" / "too_much.py", mistake)
    ladder = '\n[[hint]]\nwhen = { kind = "failure", test = "test_answer*" }\nsteps = ["a", "b", "c"]\n'
    kata.hints.write_text(kata.hints.read_text() + ladder)
    assert incomplete(kata) == []
    assert [case.id for case in cases(kata)] == [
        "41_mailbox/stub/mailbox",
        "41_mailbox/right/reference",
        "41_mailbox/mistake/too_much",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [("mailbox", "two digits and a slug"), ("03_other", "taken by 03_adding"), ("4_x", "slug")],
)
def test_wrong_name_of_a_new_kata_is_said(tmp_path, name, message):
    make_clone(tmp_path, "03_adding")
    with pytest.raises(WorkspaceError, match=message):
        new_kata(tmp_path / "katas", name)


@pytest.mark.parametrize(
    ("file", "text", "about"),
    [
        ("README.md", "\n", "README.md"),
        ("adding.py", "x = 1\n", "adding.py"),
        ("leftover.txt", "", "leftover.txt"),
    ],
)
def test_incomplete_kata_names_the_file(kata, file, text, about):
    write(kata.folder / file, text)
    assert about in [complaint.about for complaint in incomplete(kata)]


def test_modules_that_the_tests_import_belong_to_the_kata(kata):
    kata.tests[0].write_text("import jobs\n" + kata.tests[0].read_text())
    write(kata.folder / "jobs.py", "def job():\n    from tools import tool\n    return tool\n")
    write(kata.folder / "tools.py", "tool = 1\n")
    write(kata.folder / "forgotten.py", "")
    about = [complaint.about for complaint in incomplete(kata)]
    assert "forgotten.py" in about
    assert not {"jobs.py", "tools.py"}.intersection(about)


def test_tests_that_cannot_be_read_are_no_end_of_looking(kata):
    kata.tests[0].write_text("def test(:\n")
    assert incomplete(kata)


def test_missing_stub_and_tests_are_named(kata):
    kata.tests[0].unlink()
    assert "test_adding.py" in [complaint.about for complaint in incomplete(kata)]
    kata.stub.unlink()
    assert "adding.py" in [complaint.about for complaint in incomplete(kata)]


def test_mistake_without_an_announced_kind_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PACKAGE", tmp_path / "plugin" / "pytest_sensei")
    make_clone(tmp_path, "03_adding")
    mistakes = tmp_path / "tests" / "mistakes" / "03_adding"
    write(mistakes / "silent.py", "def add(a, b): return 0\n")
    write(mistakes / "odd.py", '"""Odd.\n\nexpect: stuck\ntest: test_gone*\n"""\n')
    complaints = incomplete(read_kata(tmp_path / "katas" / "03_adding"))
    said = {(complaint.about, complaint.says) for complaint in complaints if "mistake " in complaint.about}
    assert ("mistake odd", "its docstring must announce a kind (expect: stalled), not stuck") in said
    assert ("mistake odd", "test: test_gone* fits no test of the kata") in said
    assert ("mistake silent", "its docstring must announce a kind (expect: stalled), not nothing") in said
