"""Reset, restore and undo never lose what the learner wrote, wherever they are interrupted."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from kata_folders import RIGHT, STUB, make_kata, write
from pytest_sensei.dojo import attempts
from pytest_sensei.dojo.workspace import FOLDER, SHIPPED, Workspace, WorkspaceError, find_workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A folder as `kata init` makes it, in which the learner has worked."""
    make_kata(tmp_path, "03_adding")
    make_kata(tmp_path / FOLDER / SHIPPED, "03_adding")
    write(tmp_path / "03_adding" / "adding.py", RIGHT)
    return find_workspace(tmp_path)


@pytest.fixture
def kata(workspace):
    return workspace.katas[0]


def contents(workspace, kata):
    return [attempt.path.read_text() for attempt in attempts.attempts_of(workspace, kata)]


def test_reset_brings_the_stub_back_and_keeps_the_attempt(workspace, kata):
    done = attempts.reset(workspace, kata)
    assert kata.stub.read_text() == STUB
    assert done.changed
    assert done.kept is not None
    assert done.kept.read_text() == RIGHT
    assert done.kept.parent == workspace.root / ".kata" / "attempts" / "03_adding"
    (attempt,) = attempts.attempts_of(workspace, kata)
    assert (attempt.number, attempt.path, attempt.why) == (1, done.kept, "reset")


def test_reset_of_an_untouched_stub_changes_nothing(workspace, kata):
    write(kata.stub, STUB)
    done = attempts.reset(workspace, kata)
    assert not done.changed
    assert contents(workspace, kata) == []


def test_reset_brings_a_deleted_stub_back(workspace, kata):
    kata.stub.unlink()
    attempts.reset(workspace, kata)
    assert kata.stub.read_text() == STUB


def test_restore_brings_an_attempt_back_and_keeps_what_was_there(workspace, kata):
    attempts.reset(workspace, kata)
    write(kata.stub, "second = 2\n")
    attempts.restore(workspace, kata, 1)
    assert kata.stub.read_text() == RIGHT
    assert contents(workspace, kata) == [RIGHT, "second = 2\n"]


@pytest.mark.parametrize(("kept", "message"), [(0, "has no attempts kept"), (1, "has attempts 1 to 1")])
def test_restore_of_a_missing_attempt_says_which_there_are(workspace, kata, kept, message):
    for _ in range(kept):
        attempts.reset(workspace, kata)
    with pytest.raises(WorkspaceError, match=message):
        attempts.restore(workspace, kata, 7)


def test_undo_takes_resets_and_restores_back_one_by_one(workspace, kata):
    attempts.reset(workspace, kata)
    write(kata.stub, "second = 2\n")
    attempts.restore(workspace, kata, 1)
    attempts.undo(workspace)
    assert kata.stub.read_text() == "second = 2\n"
    attempts.undo(workspace)
    assert kata.stub.read_text() == RIGHT
    with pytest.raises(WorkspaceError, match="no reset or restore to take back"):
        attempts.undo(workspace)
    assert {RIGHT, "second = 2\n"} <= set(contents(workspace, kata))


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff", b"null"])
def test_undo_list_that_cannot_be_read_is_an_empty_one(workspace, kata, content):
    (workspace.own / "undo.json").write_bytes(content)
    with pytest.raises(WorkspaceError):
        attempts.undo(workspace)
    attempts.reset(workspace, kata)
    attempts.undo(workspace)
    assert kata.stub.read_text() == RIGHT


def test_stub_that_is_a_link_stays_one(workspace, kata, tmp_path):
    elsewhere = write(tmp_path / "elsewhere.py", RIGHT)
    kata.stub.unlink()
    kata.stub.symlink_to(elsewhere)
    attempts.reset(workspace, kata)
    assert kata.stub.is_symlink()
    assert elsewhere.read_text() == STUB


def test_pristine_stub_of_a_clone_comes_from_git(tmp_path):
    folder = make_kata(tmp_path / "katas", "03_adding")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    write(folder / "adding.py", RIGHT)
    workspace = find_workspace(tmp_path)
    attempts.reset(workspace, workspace.katas[0])
    assert (folder / "adding.py").read_text() == STUB


def test_no_pristine_stub_anywhere_is_said(tmp_path):
    folder = make_kata(tmp_path, "03_adding")
    write(folder / "adding.py", RIGHT)
    workspace = find_workspace(tmp_path)
    with pytest.raises(WorkspaceError, match=r"no copy of adding\.py as it came"):
        attempts.reset(workspace, workspace.katas[0])
    assert (folder / "adding.py").read_text() == RIGHT


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from pytest_sensei.dojo import attempts
    from pytest_sensei.dojo.workspace import find_workspace

    workspace = find_workspace(Path(sys.argv[1]))
    action, left = sys.argv[2], int(sys.argv[3])
    kata = workspace.katas[0]

    def count(event, arguments):
        global left
        if event in {"open", "os.rename", "os.chmod", "os.mkdir", "os.remove"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    {"reset": lambda: attempts.reset(workspace, kata), "undo": lambda: attempts.undo(workspace)}[action]()
    print("done")
"""


def kill_at(root, action, number):
    code = textwrap.dedent(KILLED)
    command = [sys.executable, "-c", code, str(root), action, str(number)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
@pytest.mark.parametrize("action", ["reset", "undo"])
def test_killed_at_any_stage_it_loses_nothing(workspace, kata, action):
    if action == "undo":
        attempts.reset(workspace, kata)
    stages = 0
    while True:
        write(kata.stub, mine := f"attempt = {stages}\n")
        stages += 1
        ended = kill_at(workspace.root, action, stages)
        now = kata.stub.read_text()
        assert mine in [now, *contents(workspace, kata)]
        assert now in {mine, STUB, RIGHT}
        undo = workspace.own / "undo.json"
        assert not undo.exists() or isinstance(json.loads(undo.read_text()), list)
        if ended.stdout == "done\n":
            break
        assert ended.returncode == -9, ended.stderr
    assert stages > 5
