"""Every kata is complete, and nothing lies about that belongs to no kata."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import kata_cases
import pytest
from pytest_sensei.dojo import reading, verify
from pytest_sensei.dojo.katas import read_kata

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata

README_LINES = 60
README_COLUMNS = 80

every_kata = pytest.mark.parametrize("kata", kata_cases.katas(), ids=lambda kata: kata.name)


def docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize("folder", kata_cases.kata_folders(), ids=lambda folder: folder.name)
def test_kata_can_be_read(folder: Path) -> None:
    kata = read_kata(folder)

    assert kata.part in {1, 2, 3, 4, 5}
    assert kata.minutes > 0


@every_kata
def test_kata_verify_misses_nothing(kata: Kata) -> None:
    assert verify.incomplete(kata) == []


def test_every_folder_belongs_to_a_kata() -> None:
    katas = {kata.name for kata in kata_cases.katas()}
    places = (kata_cases.SOLUTIONS, kata_cases.MISTAKES, kata_cases.ANSWERS, kata_cases.KATAS)
    found = {path.name for place in places for path in place.iterdir() if path.name != "__pycache__"}

    assert found - katas == set()


def test_katas_have_numbers_and_modules_of_their_own() -> None:
    katas = kata_cases.katas()

    assert len({kata.number for kata in katas}) == len(katas)
    assert len({kata.module for kata in katas}) == len(katas)


@every_kata
def test_kata_has_one_file_of_tests_and_one_solution(kata: Kata) -> None:
    solutions = kata_cases.SOLUTIONS / kata.name

    assert [path.name for path in kata.tests] == [f"test_{kata.stub.name}"]
    assert [path.name for path in solutions.glob("*.py")] == [kata.stub.name]


@every_kata
def test_stub_says_what_it_is(kata: Kata) -> None:
    assert docstring(kata.stub)


@every_kata
def test_readme_is_one_screen(kata: Kata) -> None:
    lines = kata.readme.read_text(encoding="utf-8").splitlines()

    assert len(lines) <= README_LINES
    assert [line for line in lines if len(line) > README_COLUMNS] == []


@every_kata
def test_readme_ends_with_what_to_notice_and_where_to_read_on(kata: Kata) -> None:
    _, heading, end = kata.readme.read_text(encoding="utf-8").partition("## When you are done")

    assert heading
    assert "https://" in end


@every_kata
def test_mistakes_and_other_right_answers_say_what_they_are(kata: Kata) -> None:
    assert [each.name for each in reading.mistakes(kata) if not each.says.endswith(".")] == []
    assert [each.name for each in reading.other_designs(kata) if not each.says] == []
