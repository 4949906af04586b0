"""The command `kata`, as it is typed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kata_folders import RIGHT, STUB, make_clone, make_kata, write
from pytest_sensei.dojo.cli import main
from pytest_sensei.dojo.workspace import FOLDER, SHIPPED


class Shell:
    """Types commands in a folder: in a process of their own where they start others, else in this one."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.env["PYTEST_ADDOPTS"] = os.environ["PYTEST_ADDOPTS"]
        self.env["COLUMNS"] = "80"

    def kata(self, *args, code=0, stdin=""):
        starts_others = args[:1] == ("run",) or "--edit" in args
        done = self._in_a_process(args) if starts_others else self._here(args, stdin)
        out, self.errors, ended = done
        assert ended == code, out + self.errors
        return out

    def _in_a_process(self, args):
        command = [
            sys.executable,
            "-c",
            "from pytest_sensei.dojo.cli import main; main(prog_name='kata')",
            *args,
        ]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=120
        )
        return done.stdout, done.stderr, done.returncode

    def _here(self, args, stdin):
        before, out, errors = Path.cwd(), io.StringIO(), io.StringIO()
        os.chdir(self.folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name in {*os.environ, *self.env}:
                patch.setenv(name, self.env[name]) if name in self.env else patch.delenv(name)
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
                    main(args, prog_name="kata")
            except SystemExit as end:
                return out.getvalue(), errors.getvalue(), end.code or 0
            finally:
                os.chdir(before)
        raise AssertionError("a command ends with SystemExit")

    def json(self, *args):
        return json.loads(self.kata(*args, "--json"))


@pytest.fixture
def shell(tmp_path):
    """A folder as `kata init` makes it, with two katas."""
    for name in ("03_adding", "04_summing"):
        make_kata(tmp_path / "katas", name)
        make_kata(tmp_path / FOLDER / SHIPPED, name)
    return Shell(tmp_path)


def solve(shell, name="03_adding"):
    return write(shell.folder / "katas" / name / f"{name[3:]}.py", RIGHT)


def test_kata_alone_says_where_one_is_and_what_is_next(shell):
    out = shell.kata()
    assert out.splitlines() == [
        "0 of 2 katas done",
        "",
        "[ ] 03 Adding  not tried yet",
        "    edit   katas/03_adding/adding.py",
        "    next   kata start 3",
    ]


def test_first_hour(shell):
    assert "Add two numbers." in shell.kata("start", "3")
    out = shell.kata("run", code=1)
    assert "NotImplementedError" in out
    assert out.splitlines()[-2:] == [
        "[R] 03_adding  red: adds two numbers fails",
        "next   change katas/03_adding/adding.py, or kata hint 3",
    ]
    assert "hint 2 of 3 for 03_adding" in shell.kata("hint")
    solve(shell)
    out = shell.kata("run", "3", "--", "-q")
    assert out.splitlines()[-2:] == ["[G] 03_adding  green: 1 test passes", "next   kata next"]
    assert "04 Summing" in shell.kata()
    assert "# Summing" in shell.kata("next")
    listed = shell.kata("list").splitlines()
    assert [line.split() for line in listed[2:4]] == [
        ["[G]*", "03_adding", "2", "1"],
        ["[", "]", "04_summing", "<-", "here"],
    ]


def test_pytest_options_pass_through(shell):
    out = shell.kata("run", "3", "--", "--collect-only", "-q")
    assert "test_adding.py::test_adds_two_numbers" in out


def test_run_inside_a_kata_runs_that_kata(shell):
    shell.folder = shell.folder / "katas" / "04_summing"
    assert "04_summing  red" in shell.kata("run", code=1)


def test_hints_are_remembered_and_end_with_the_last(shell):
    assert "run the tests first (kata run 3)" in shell.kata("hint", "3")
    shell.kata("run", "3", code=1)
    assert [shell.kata("hint", "3").splitlines()[0] for _ in range(3)] == [
        "hint 2 of 3 for 03_adding",
        "hint 3 of 3 for 03_adding",
        "hint 3 of 3 for 03_adding, again: it is the last one",
    ]
    assert shell.kata("hint", "3", "--all").count("for 03_adding") == 3
    assert "more" not in shell.kata("hint", "3", "--all")
    assert shell.json("hint", "3")["hints"][0]["number"] == 3


def test_green_kata_has_no_hints(shell):
    solve(shell)
    shell.kata("run", "3")
    assert "there is nothing to hint at" in shell.kata("hint", "3")


def test_reset_attempts_restore_and_undo(shell):
    stub = solve(shell)
    out = shell.kata("reset", "3")
    assert "katas/03_adding/adding.py is the stub again (take it back: kata undo)" in out
    assert "kept   .kata/attempts/03_adding/" in out
    assert stub.read_text() == STUB
    assert shell.kata("reset", "3").strip() == "katas/03_adding/adding.py is so already: nothing was changed"
    assert shell.json("attempts", "3")[0]["before"] == "reset"
    shell.kata("undo")
    assert stub.read_text() == RIGHT
    shell.kata("attempts", "3", "--restore", "2")
    assert stub.read_text() == STUB
    assert len(shell.kata("attempts", "3").splitlines()) == 4
    shell.kata("undo")
    shell.kata("undo", code=1)
    assert shell.errors == "Error: there is no reset or restore to take back\n"


def test_solution_asks_first_and_notes_it(tmp_path):
    shell = Shell(make_clone(tmp_path, "03_adding"))
    shell.kata("solution", "3", code=1, stdin="n\n")
    assert shell.json("list")[0]["saw_solution"] is False
    out = shell.kata("solution", "3", stdin="y\n")
    assert "+    return a + b" in out
    assert "-    raise NotImplementedError" in out
    assert shell.json("list")[0]["saw_solution"] is True


def test_solution_of_a_green_kata_is_shown_at_once(tmp_path):
    shell = Shell(make_clone(tmp_path, "03_adding"))
    write(tmp_path / "katas" / "03_adding" / "adding.py", RIGHT)
    shell.kata("run", "3")
    assert "is the reference solution, word for word" in shell.kata("solution", "3")
    assert "return a + b" in shell.kata("solution", "3", "--whole")
    assert shell.json("list")[0]["saw_solution"] is False


def test_mistakes_are_told_after_green(shell):
    shell.kata("mistakes", "3", code=1)
    assert shell.errors == "Error: mistakes are told when a kata is green (or: kata mistakes 3 --yes)\n"
    assert "no mistakes of 03_adding are kept here" in shell.kata("mistakes", "3", "--yes")


def test_log_and_replay_tell_the_way(shell):
    assert "the journal is empty" in shell.kata("log")
    assert "has no run" in shell.kata("replay", "3")
    assert shell.kata("log", "3") == "the journal has no run of 03_adding yet\n"
    shell.kata("run", "3", code=1)
    shell.kata("run", "3", code=1)
    solve(shell)
    shell.kata("run", "3")
    assert shell.kata("log").splitlines()[0] == "03_adding  RRG  3 runs"
    out = shell.kata("replay", "3")
    assert "2 of 3" in out
    assert "the file was the same" in out
    assert "+    return a + b" in out
    assert [step["outcome"]["light"] for step in shell.json("replay", "3")] == ["R", "R", "G"]
    assert [row["kata"] for row in shell.json("log", "3")] == ["03_adding"] * 3


def test_every_reading_command_speaks_json(shell):
    assert shell.json()["current"]["name"] == "03_adding"
    assert [each["number"] for each in shell.json("list")] == [3, 4]
    assert shell.json("attempts", "3") == []
    assert shell.json("mistakes", "3", "--yes") == []
    assert {each["name"] for each in shell.json("doctor")} >= {"python", "terminal"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["start", "nine"], "there is no kata 'nine' here: `kata list` shows all"),
        (["run", "ing"], "'ing' could be 03_adding, 04_summing: which one?"),
        (["list", "--part", "9"], "there is no part 9: the parts are 1"),
        (["init", "deeper/down"], "is a folder of your own already: `kata update` brings what is new"),
        (["grade", "katas", "--csv", "gone/x.csv"], "--csv gone/x.csv: there is no folder gone"),
        (["grade", ".", "--katas", "gone"], "gone holds no katas"),
        (["attempts", "3", "--restore", "4"], "03_adding has no attempts kept: `kata attempts 3` lists them"),
        (["init", "."], "exists and is not empty"),
        (["grade", "gone"], "gone does not exist"),
        (["new", "mailbox"], "'mailbox' is no name for a kata"),
    ],
)
def test_mistaken_command_is_one_line(shell, args, message):
    shell.kata(*args, code=1)
    assert message in shell.errors
    assert len(shell.errors.splitlines()) == 1


@pytest.mark.parametrize(
    "args",
    [
        ["list", "--part", "x"],
        ["start"],
        ["frobnicate"],
        ["grade", "katas", "-n", "x"],
        ["grade", "katas", "-n", "-1"],
        ["grade", "katas", "--seconds", "0"],
        ["grade", "katas", "--memory", "0"],
        ["grade", "katas", "--processes", "-1"],
        ["verify", "-n", "many"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_said_beside_the_usage(shell, args):
    shell.kata(*args, code=2)
    assert shell.errors.startswith("Usage: kata")
    assert shell.errors.splitlines()[-1].startswith("Error: ")


def test_outside_of_any_katas_the_way_in_is_named(tmp_path):
    shell = Shell(tmp_path)
    shell.kata(code=1)
    assert shell.errors == "Error: no katas here: `kata init my-katas` makes a folder with them\n"


def test_journal_in_trouble_is_a_warning_beside_the_answer(shell):
    write(shell.folder / FOLDER / "journal.db", "no database " * 500)
    assert "0 of 2 katas done" in shell.kata()
    assert len(shell.errors.splitlines()) == 1
    assert "journal.db was damaged: kept as journal.db.broken-" in shell.errors


def test_journal_that_cannot_be_read_is_told_once(shell):
    (shell.folder / FOLDER / "journal.db").mkdir()
    assert "run the tests first" in shell.kata("hint", "3")
    assert len(shell.errors.splitlines()) == 1


def test_reset_of_a_file_that_is_gone_promises_no_undo(shell):
    (shell.folder / "katas" / "03_adding" / "adding.py").unlink()
    assert shell.kata("reset", "3") == "katas/03_adding/adding.py is the stub again\n"


SKIPPED = """\
import pytest

pytest.skip("skipped, no such server\\n  install it", allow_module_level=True)
"""


def test_kata_that_cannot_run_here_is_amber_and_sends_to_the_doctor(shell):
    write(shell.folder / "katas" / "03_adding" / "test_adding.py", SKIPPED)
    out = shell.kata("run", "3", code=5)
    assert out.splitlines()[-2:] == ["[A] 03_adding  amber: skipped, no such server", "next   kata doctor"]
    assert "kata doctor says what is missing" in shell.kata("hint", "3")


def test_text_that_a_terminal_cannot_show_is_no_end_of_telling(shell):
    write(shell.folder / "katas" / "03_adding" / "adding.py", "raise ValueError('\\udce9 \\x1b[31m')\n")
    shell.env["PYTHONIOENCODING"] = "ascii:strict"
    out = shell.kata("run", "3", code=2)
    assert r"amber: adding.py:1: ValueError: \udce9 \x1b[31m, raised" in out


def test_stub_that_exits_is_told_like_any_error_of_an_import(shell):
    write(shell.folder / "katas" / "03_adding" / "adding.py", "import sys\nsys.exit('usage')\n")
    out = shell.kata("run", "3", code=2)
    assert "INTERNALERROR" not in out
    assert "amber: adding.py:2: SystemExit: usage, raised while the file was imported" in out
    assert "Python could not read the file" in out


def test_edit_opens_the_learners_editor(shell):
    shell.env["EDITOR"] = f"{sys.executable} -c 'import sys; print(sys.argv[-1].upper())'"
    assert "ADDING.PY" in shell.kata("start", "3", "--edit")


@pytest.mark.parametrize("settings", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_a_terminal_there_are_only_plain_lines(shell, settings):
    shell.env |= settings
    for command in ([], ["list"], ["start", "3"], ["log"], ["doctor"]):
        out = shell.kata(*command)
        assert "\x1b" not in out
        assert out.isascii()


def test_new_kata_is_begun(shell):
    assert "wrote  katas/05_mailbox/hints.toml" in shell.kata("new", "05_mailbox")
    assert "05_mailbox" in shell.kata("list")
