"""Finding katas on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from kata_folders import make_clone, make_kata, write
from pytest_sensei.dojo.katas import KataError, forget_katas, kata_of, katas_in, katas_under, read_kata


@pytest.fixture(autouse=True)
def _fresh_discovery():
    forget_katas()


def test_kata_is_read_from_its_folder(tmp_path):
    folder = make_kata(tmp_path, "03_adding", part=2)
    kata = read_kata(folder)
    assert (kata.number, kata.slug, kata.name, kata.part) == (3, "adding", "03_adding", 2)
    assert (kata.title, kata.module, kata.minutes) == ("Adding", "adding", 10)
    assert kata.stub == folder / "adding.py"
    assert kata.tests == (folder / "test_adding.py",)
    assert kata.readme == folder / "README.md"
    assert kata.hints == folder / "hints.toml"


@pytest.mark.parametrize("inside", ["", "test_adding.py", "deeper/still"])
def test_kata_of_a_path_at_or_in_the_folder(tmp_path, inside):
    folder = make_kata(tmp_path)
    kata = kata_of(folder / inside)
    assert kata is not None
    assert kata.folder == folder


def test_no_kata_above_means_none(tmp_path):
    assert kata_of(tmp_path / "test_other.py") is None


def test_numbered_folder_without_hints_is_no_kata(tmp_path):
    write(tmp_path / "03_adding" / "adding.py", "")
    assert kata_of(tmp_path / "03_adding") is None
    assert katas_in(["."], tmp_path) == []


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["katas/03_adding"], ["03_adding"]),
        (["katas/03_adding/test_adding.py::test_adds_two_numbers"], ["03_adding"]),
        (["katas"], ["03_adding", "04_summing"]),
        (["."], ["03_adding", "04_summing"]),
        (["katas/04_summing", "katas/03_adding", "katas"], ["03_adding", "04_summing"]),
        (["solutions"], []),
        (["missing"], []),
    ],
)
def test_katas_in_arguments(tmp_path, args, names):
    make_clone(tmp_path, "03_adding", "04_summing")
    assert [kata.name for kata in katas_in(args, tmp_path)] == names


def test_katas_under_a_folder_come_in_order_of_number(tmp_path):
    make_clone(tmp_path, "10_last", "02_first")
    assert [kata.name for kata in katas_under(tmp_path / "katas")] == ["02_first", "10_last"]
    assert katas_under(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kata\n", "hints.toml:1: "),
        ('[kata]\nnumber = 3\ntitle = "a\n', "hints.toml:3: "),
        ("number = 3\n", "hints.toml:1: has no [kata] table with number, title, part and stub"),
        ("[kata]\n", "hints.toml:1: number is missing from the [kata] table"),
        ("[kata]\nnumber = '3'\n", "hints.toml:2: number must be a whole number"),
        ("# ours\n[kata]\nnumber = 4\n", "hints.toml:3: number must be 3, as in the folder's name"),
        ("[kata]\nnumber = 3\nstub = 'x/../y.py'\n", "hints.toml:3: stub must be the name of a Python file"),
        ("[kata]\nnumber = 3\nstub = 'y.py'\ntitle = ''\n", "hints.toml:4: title must be a text in quotes"),
        ("[kata]\nnumber = 3\nstub = 'y.py'\ntitle = 'a'\n", "hints.toml:1: part is missing"),
    ],
    ids=lambda value: value.split(":", 1)[-1].strip()[:30],
)
def test_broken_hints_file_is_one_line_with_file_and_line(tmp_path, text, message):
    folder = make_kata(tmp_path)
    write(folder / "hints.toml", text)
    with pytest.raises(KataError) as caught:
        read_kata(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hints_file_that_is_not_text_is_one_line(tmp_path):
    folder = make_kata(tmp_path)
    Path(folder / "hints.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(KataError, match=r"hints\.toml:1: cannot be read"):
        read_kata(folder)
