"""Plain pytest runs of katas write the journal, and trouble with it is never trouble with the run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from kata_folders import RIGHT, STUB, make_clone, write
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.journal import Journal


@pytest.fixture
def clone(pytester):
    return make_clone(pytester.path, "03_adding", "04_summing")


@pytest.fixture
def journal(clone):
    return Journal(clone)


def stub(clone, text):
    return write(clone / "katas" / "03_adding" / "adding.py", text)


def lights(journal, kata=None):
    return [run.outcome.light.value if run.outcome else "-" for run in journal.runs(kata)]


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "xdist"])
def test_each_run_is_a_row_with_light_tests_and_content(clone, journal, pytester, workers):
    pytester.runpytest_subprocess("katas/03_adding", *workers)
    stub(clone, RIGHT)
    pytester.runpytest_subprocess("katas", *workers)
    assert [(run.kata, run.outcome.light) for run in journal.runs()] == [
        ("03_adding", Light.RED),
        ("03_adding", Light.GREEN),
        ("04_summing", Light.RED),
    ]
    first, second, _ = journal.runs()
    assert [(test.name, test.outcome) for test in first.outcome.tests] == [
        ("test_adds_two_numbers", "failed")
    ]
    assert first.outcome.ladder[0] == "Which two numbers does the test add?"
    assert "NotImplementedError" in first.outcome.failure
    assert journal.snapshot(first.snapshot).decode() == STUB
    assert journal.snapshot(second.snapshot).decode() == RIGHT
    assert second.outcome.done
    assert all(run.ended >= run.started for run in journal.runs())


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "xdist"])
def test_stub_that_cannot_be_imported_is_amber(clone, journal, pytester, workers):
    stub(clone, "def add(a, b:\n")
    pytester.runpytest_subprocess("katas/03_adding", *workers)
    (run,) = journal.runs()
    assert run.outcome.light is Light.AMBER
    assert run.outcome.trouble.startswith("adding.py:1: '(' was never closed")


def test_finding_is_in_the_journal_and_makes_it_black(clone, journal, pytester):
    stub(
        clone,
        "import threading\nlock = threading.Lock()\ndef add(a, b):\n    lock.acquire()\n    lock.acquire()\n",
    )
    pytester.runpytest_subprocess("katas/03_adding")
    (run,) = journal.runs()
    assert run.outcome.light is Light.BLACK
    assert [finding["kind"] for finding in run.outcome.findings] == ["self-deadlock"]


@pytest.mark.parametrize(
    "option", ["-k adds", "katas/03_adding/test_adding.py::test_adds_two_numbers", "--deselect=nothing"]
)
def test_green_run_of_some_tests_does_not_finish_a_kata(clone, journal, pytester, option):
    stub(clone, RIGHT)
    args = option.split() if option.startswith("katas") else ["katas/03_adding", *option.split()]
    pytester.runpytest_subprocess(*args)
    (run,) = journal.runs()
    assert (run.outcome.light, run.outcome.partial, run.outcome.done) == (Light.GREEN, True, False)


@pytest.mark.parametrize("args", [["katas/03_adding/test_adding.py"], ["katas"], ["."]])
def test_green_run_of_all_its_tests_finishes_it(clone, journal, pytester, args):
    stub(clone, RIGHT)
    pytester.runpytest_subprocess(*args)
    assert journal.runs("03_adding")[0].outcome.done


@pytest.mark.parametrize(
    "args",
    [
        ["katas", "--solutions"],
        ["katas/03_adding", "--answer=solutions"],
        ["katas", "--collect-only"],
        ["katas", "-k", "nothing"],
        ["solutions"],
    ],
    ids=" ".join,
)
def test_runs_that_say_nothing_about_the_learner_leave_no_row(clone, journal, pytester, args):
    pytester.runpytest_subprocess(*args)
    assert journal.runs() == []


def test_run_from_inside_the_kata_writes_the_same_journal(clone, journal, pytester, monkeypatch):
    monkeypatch.chdir(clone / "katas" / "03_adding")
    pytester.runpytest_subprocess()
    assert lights(journal) == ["R"]


def test_journal_can_be_switched_off(clone, journal, pytester):
    pytester.runpytest_subprocess("katas", "-p", "no:sensei-journal")
    assert not journal.folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
@pytest.mark.parametrize("place", ["import", "test"])
def test_killed_run_is_visible_and_the_next_goes_on(clone, journal, pytester, place):
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    indented = "".join(f"    {line}\n" for line in kill.splitlines())
    stub(clone, kill if place == "import" else f"def add(a, b):\n{indented}")
    pytester.runpytest_subprocess("katas/03_adding")
    stub(clone, RIGHT)
    pytester.runpytest_subprocess("katas/03_adding")
    assert lights(journal) == ["-", "G"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal")
def test_interrupted_run_is_amber(clone, journal):
    stub(
        clone,
        "import os, signal\ndef add(a, b):\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass\n",
    )
    command = [sys.executable, "-m", "pytest", "katas/03_adding"]
    subprocess.run(command, cwd=clone, stdout=subprocess.DEVNULL, check=False, timeout=60)
    (run,) = journal.runs()
    assert (run.outcome.light, run.outcome.trouble) == (Light.AMBER, "the run was interrupted")


def test_two_runs_at_once_are_two_rows(clone, journal):
    command = [sys.executable, "-m", "pytest", "-q", "katas"]
    runs = [subprocess.Popen(command, cwd=clone, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [1, 1, 1]
    assert lights(journal) == ["R"] * 6


def warnings(result):
    return [line for line in result.outlines if line.startswith("sensei: the journal")]


def test_corrupt_journal_is_one_line_and_a_new_journal(clone, journal, pytester):
    write(clone / ".kata" / "journal.db", "scribbled over " * 500)
    stub(clone, RIGHT)
    result = pytester.runpytest_subprocess("katas/03_adding")
    result.assert_outcomes(passed=1)
    assert len(warnings(result)) == 1
    assert lights(journal) == ["G"]
    assert list((clone / ".kata").glob("journal.db.broken-*"))


def test_journal_that_cannot_be_written_is_one_line_of_warning(clone, pytester):
    write(clone / ".kata", "a file where the folder should be")
    stub(clone, RIGHT)
    result = pytester.runpytest_subprocess("katas")
    result.assert_outcomes(passed=1, failed=1)
    assert len(warnings(result)) == 1


FULL = """\
import os
import resource
import signal

def pytest_sessionstart():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="a limit on the size of files is how the disk is made full"
)
def test_full_disk_is_one_line_of_warning(clone, pytester, monkeypatch):
    write(clone / "full_disk.py", FULL)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(clone), os.environ.get("PYTHONPATH", "")]))
    stub(clone, RIGHT)
    result = pytester.runpytest_subprocess("katas/03_adding", "-p", "full_disk", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert len(warnings(result)) == 1


def test_newer_journal_is_one_line_of_warning_and_is_left_alone(clone, journal, pytester):
    import sqlite3

    journal.folder.mkdir()
    with sqlite3.connect(journal.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = journal.path.read_bytes()
    result = pytester.runpytest_subprocess("katas/03_adding")
    assert len(warnings(result)) == 1
    assert journal.path.read_bytes() == before
