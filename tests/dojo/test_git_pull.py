"""A learner in a clone: `git pull` never meets their work."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from kata_folders import RIGHT, make_clone, make_kata, write
from pytest_sensei.dojo.update import Fate, apply_update, init, plan_update
from pytest_sensei.dojo.workspace import OWN_FOLDER, find_workspace

ROOT = Path(__file__).resolve().parents[2]


def git(folder, *args):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *who, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a change")


@pytest.fixture
def upstream(tmp_path):
    folder = make_clone(tmp_path / "upstream", "03_adding")
    shutil.copy(ROOT / ".gitignore", folder)
    git(folder, "init", "-q")
    commit(folder)
    return folder


def test_pull_brings_new_katas_and_leaves_the_learners_folder_alone(tmp_path, upstream):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(upstream), str(clone))
    init(clone / OWN_FOLDER, clone / "katas")
    mine = write(clone / OWN_FOLDER / "katas" / "03_adding" / "adding.py", RIGHT)
    write(clone / OWN_FOLDER / ".kata" / "journal.db", "")
    assert git(clone, "status", "--porcelain") == ""

    write(upstream / "katas" / "03_adding" / "adding.py", "a better stub\n")
    make_kata(upstream / "katas", "04_summing")
    commit(upstream)
    git(clone, "pull", "-q", "--ff-only")
    workspace = find_workspace(clone)
    assert workspace.root == clone / OWN_FOLDER
    steps = plan_update(workspace.root, clone / "katas")
    apply_update(workspace.root, steps)

    assert mine.read_text() == RIGHT
    assert mine.with_name("adding.new.py").read_text() == "a better stub\n"
    assert {step.fate for step in steps if step.file.parts[0] == "04_summing"} == {Fate.ADDED}
    assert [kata.name for kata in find_workspace(clone).katas] == ["03_adding", "04_summing"]
    assert git(clone, "status", "--porcelain") == ""
