"""Finding the learner's katas."""

from __future__ import annotations

import pytest
from kata_folders import make_clone, make_kata, write
from pytest_sensei.dojo import workspace as workspaces
from pytest_sensei.dojo.workspace import WorkspaceError, find_workspace


def test_clone_is_found_from_anywhere_in_it(tmp_path):
    make_clone(tmp_path, "03_adding", "04_summing")
    for place in (".", "katas", "katas/03_adding", "solutions/03_adding"):
        found = find_workspace(tmp_path / place)
        assert found.root == tmp_path
        assert [kata.name for kata in found.katas] == ["03_adding", "04_summing"]


def test_own_folder_in_a_clone_comes_first_from_its_top(tmp_path):
    make_clone(tmp_path, "03_adding")
    make_kata(tmp_path / "my-katas" / "katas", "03_adding")
    assert find_workspace(tmp_path).root == tmp_path / "my-katas"
    assert find_workspace(tmp_path / "my-katas" / "katas" / "03_adding").root == tmp_path / "my-katas"
    assert find_workspace(tmp_path / "katas").root == tmp_path


def test_katas_in_a_folder_of_any_name_keep_their_journal_there(tmp_path):
    make_kata(tmp_path / "course", "03_adding")
    assert find_workspace(tmp_path / "course" / "03_adding").root == tmp_path / "course"


def test_no_katas_names_the_command_that_makes_some(tmp_path):
    with pytest.raises(WorkspaceError, match="kata init my-katas"):
        find_workspace(tmp_path)


def test_broken_kata_is_named_with_file_and_line(tmp_path):
    folder = make_kata(tmp_path, "03_adding")
    write(folder / "hints.toml", "[kata\n")
    with pytest.raises(WorkspaceError, match=r"hints\.toml:1: "):
        find_workspace(tmp_path)


@pytest.mark.parametrize("name", ["3", "03", "adding", "adding.py", "03_adding", "katas/03_adding/", "ddin"])
def test_kata_is_found_by_number_or_name(tmp_path, name):
    make_clone(tmp_path, "03_adding", "04_summing")
    assert find_workspace(tmp_path).find(name).name == "03_adding"


@pytest.mark.parametrize(
    ("name", "message"),
    [("9", "no kata '9'"), ("", "no kata ''"), ("ing", "03_adding, 04_summing: which one")],
)
def test_unknown_or_ambiguous_name_is_said(tmp_path, name, message):
    make_clone(tmp_path, "03_adding", "04_summing")
    with pytest.raises(WorkspaceError, match=message):
        find_workspace(tmp_path).find(name)


def test_installation_without_katas_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(workspaces, "PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(WorkspaceError, match="came without katas"):
        workspaces.shipped_katas()
