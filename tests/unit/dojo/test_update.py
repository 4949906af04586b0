"""`kata init` and `kata update`: as a package manager treats configuration files."""

from __future__ import annotations

from pathlib import Path

import pytest
from kata_folders import RIGHT, make_kata, write
from pytest_sensei.dojo.update import Fate, apply_update, init, plan_update
from pytest_sensei.dojo.workspace import WorkspaceError


@pytest.fixture
def source(tmp_path):
    """The katas of the installed package."""
    make_kata(tmp_path / "source", "03_adding")
    make_kata(tmp_path / "source", "04_summing")
    write(tmp_path / "source" / "03_adding" / "__pycache__" / "adding.pyc", "")
    return tmp_path / "source"


@pytest.fixture
def mine(tmp_path, source):
    """The learner's folder, just made."""
    init(tmp_path / "mine", source)
    return tmp_path / "mine"


def update(mine, source):
    steps = plan_update(mine, source)
    apply_update(mine, steps)
    return {step.file.as_posix(): step.fate for step in steps if step.fate is not Fate.SAME}


def test_init_writes_every_file_of_every_kata(mine, source):
    files = {path.relative_to(mine).as_posix() for path in mine.rglob("*") if path.is_file()}
    own = {file for file in files if not file.startswith(".kata/")}
    folders = ("katas/03_adding", "katas/04_summing")
    katas = [f"{folder}/{file}" for folder in folders for file in ("README.md", "hints.toml")]
    assert own == {
        *katas,
        "katas/03_adding/adding.py",
        "katas/03_adding/test_adding.py",
        "katas/04_summing/summing.py",
        "katas/04_summing/test_summing.py",
        "pytest.ini",
    }


def test_init_refuses_a_folder_that_is_not_empty(tmp_path, source):
    write(tmp_path / "full" / "mine.txt", "")
    with pytest.raises(WorkspaceError, match="not empty"):
        init(tmp_path / "full", source)
    write(tmp_path / "file", "")
    with pytest.raises(WorkspaceError, match="not empty"):
        init(tmp_path / "file", source)


def test_init_into_the_folder_one_stands_in(tmp_path, source, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert init(Path(), source) == 2
    assert sorted(path.name for path in Path().iterdir()) == [".kata", "katas", "pytest.ini"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_update_without_news_changes_nothing(mine, source):
    assert update(mine, source) == {}


def test_what_is_as_shipped_is_replaced(mine, source):
    write(source / "03_adding" / "README.md", "better\n")
    assert update(mine, source) == {"03_adding/README.md": Fate.REPLACED}
    assert (mine / "katas" / "03_adding" / "README.md").read_text() == "better\n"
    assert update(mine, source) == {}


def test_what_the_learner_changed_is_kept_and_the_new_version_laid_beside(mine, source):
    write(mine / "katas" / "03_adding" / "adding.py", RIGHT)
    write(source / "03_adding" / "adding.py", "new stub\n")
    (step,) = [step for step in plan_update(mine, source) if step.fate is not Fate.SAME]
    assert step.fate is Fate.BESIDE
    assert "+new stub" in step.difference
    apply_update(mine, [step])
    assert (mine / "katas" / "03_adding" / "adding.py").read_text() == RIGHT
    assert (mine / "katas" / "03_adding" / "adding.new.py").read_text() == "new stub\n"
    assert update(mine, source) == {"03_adding/adding.py": Fate.KEPT}


def test_new_version_of_a_changed_test_is_not_collected(mine, source):
    write(mine / "katas" / "03_adding" / "test_adding.py", "mine\n")
    write(source / "03_adding" / "test_adding.py", "theirs\n")
    update(mine, source)
    assert (mine / "katas" / "03_adding" / "test_adding.py.new").read_text() == "theirs\n"


def test_change_without_news_is_kept_silently(mine, source):
    write(mine / "katas" / "03_adding" / "adding.py", RIGHT)
    assert update(mine, source) == {"03_adding/adding.py": Fate.KEPT}
    assert not (mine / "katas" / "03_adding" / "adding.new.py").exists()


def test_new_katas_come(mine, source):
    make_kata(source, "05_plus")
    fates = update(mine, source)
    assert set(fates.values()) == {Fate.ADDED}
    assert (mine / "katas" / "05_plus" / "hints.toml").is_file()


def test_files_that_are_not_shipped_any_more_go_unless_changed(mine, source):
    write(mine / "katas" / "04_summing" / "summing.py", RIGHT)
    for file in (source / "04_summing").iterdir():
        file.unlink()
    fates = update(mine, source)
    assert fates.pop("04_summing/summing.py") is Fate.KEPT
    assert set(fates.values()) == {Fate.REMOVED}
    assert [file.name for file in (mine / "katas" / "04_summing").iterdir()] == ["summing.py"]


def test_file_that_the_learner_deleted_stays_deleted(mine, source):
    (mine / "katas" / "03_adding" / "README.md").unlink()
    write(source / "03_adding" / "README.md", "better\n")
    assert update(mine, source) == {"03_adding/README.md": Fate.KEPT}


def test_update_that_was_killed_is_finished_by_the_next(mine, source):
    write(mine / "katas" / "04_summing" / "summing.py", RIGHT)
    for kata, stub in (("03_adding", "adding.py"), ("04_summing", "summing.py")):
        write(source / kata / stub, "new\n")
        write(source / kata / "README.md", "new\n")
    steps = plan_update(mine, source)
    for count in range(1, len(steps)):
        apply_update(mine, steps[:count])
    update(mine, source)
    assert (mine / "katas" / "03_adding" / "adding.py").read_text() == "new\n"
    assert (mine / "katas" / "04_summing" / "summing.py").read_text() == RIGHT
    assert (mine / "katas" / "04_summing" / "summing.new.py").read_text() == "new\n"


def test_update_of_a_clone_says_what_to_do_instead(tmp_path, source):
    make_kata(tmp_path / "clone" / "katas", "03_adding")
    with pytest.raises(WorkspaceError, match="git pull"):
        plan_update(tmp_path / "clone", source)
