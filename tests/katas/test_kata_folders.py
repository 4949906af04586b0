"""Every kata is complete, and nothing lies about that belongs to no kata."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import kata_cases
import pytest
from pytest_sensei.diagnosis import Kind

if TYPE_CHECKING:
    from pathlib import Path

README_LINES = 60
README_COLUMNS = 80
HINT_KEYS = {"kind", "resource", "place", "test", "message"}
HINT_KINDS = {kind.value for kind in Kind} | {"failure", "import"}
STEPS_IN_A_LADDER = 3

every_kata = pytest.mark.parametrize("folder", kata_cases.kata_folders(), ids=lambda folder: folder.name)


def mistakes_of(folder: Path) -> list[Path]:
    return sorted((kata_cases.MISTAKES / folder.name).glob("*.py"))


def hints_of(folder: Path) -> list[dict[str, Any]]:
    hints: list[dict[str, Any]] = kata_cases.read_hints(folder)["hint"]
    return hints


def functions_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_folder_belongs_to_a_kata() -> None:
    katas = {folder.name for folder in kata_cases.kata_folders()}
    places = (kata_cases.SOLUTIONS, kata_cases.MISTAKES, kata_cases.ANSWERS, kata_cases.KATAS)
    found = {path.name for place in places for path in place.iterdir() if path.name != "__pycache__"}

    assert found - katas == set()


def test_katas_have_numbers_and_modules_of_their_own() -> None:
    folders = kata_cases.kata_folders()
    numbers = [folder.name[:2] for folder in folders]
    stubs = [kata_cases.stub_of(folder).name for folder in folders]

    assert len(set(numbers)) == len(numbers)
    assert len(set(stubs)) == len(stubs)


@every_kata
def test_kata_folder_is_complete(folder: Path) -> None:
    stub = kata_cases.stub_of(folder)
    wanted = {"README.md", "hints.toml", stub.name, f"test_{stub.name}"}

    assert wanted <= {path.name for path in folder.iterdir()}
    assert (kata_cases.SOLUTIONS / folder.name / stub.name).is_file()
    assert [path.name for path in (kata_cases.SOLUTIONS / folder.name).glob("*.py")] == [stub.name]


@every_kata
def test_kata_table_tells_the_truth(folder: Path) -> None:
    table = kata_cases.kata_table(folder)

    assert table["number"] == int(folder.name[:2])
    assert table["stub"] == kata_cases.stub_of(folder).name
    assert table["part"] in {1, 2, 3, 4, 5}
    assert table["title"]
    assert table["minutes"] > 0


@every_kata
def test_stub_says_what_is_to_do(folder: Path) -> None:
    source = kata_cases.stub_of(folder).read_text(encoding="utf-8")

    assert "TODO" in source
    assert kata_cases.docstring(kata_cases.stub_of(folder))


@every_kata
def test_readme_is_one_screen(folder: Path) -> None:
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) <= README_LINES
    assert [line for line in lines if len(line) > README_COLUMNS] == []


@every_kata
def test_readme_ends_with_what_to_notice_and_where_to_read_on(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    _, heading, end = text.partition("## When you are done")

    assert heading
    assert "https://" in end


@every_kata
def test_kata_has_a_general_ladder_and_ladders_for_its_mistakes(folder: Path) -> None:
    special = [hint for hint in hints_of(folder) if hint["when"]]
    general = [hint for hint in hints_of(folder) if not hint["when"]]

    assert len(general) == 1
    assert special
    assert mistakes_of(folder)


@every_kata
def test_ladders_have_three_steps_and_known_conditions(folder: Path) -> None:
    for hint in hints_of(folder):
        kinds = hint["when"].get("kind", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        assert len(hint["steps"]) == STEPS_IN_A_LADDER, hint
        assert all(step.strip() for step in hint["steps"]), hint
        assert set(hint["when"]) <= HINT_KEYS, hint
        assert set(kinds) <= HINT_KINDS, hint


@every_kata
def test_ladders_name_tests_that_exist(folder: Path) -> None:
    (test_file,) = folder.glob("test_*.py")
    names = functions_in(test_file)
    patterns = [hint["when"]["test"] for hint in hints_of(folder) if "test" in hint["when"]]

    unused = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names)]

    assert unused == []


@every_kata
def test_mistakes_say_what_they_are_and_how_they_end(folder: Path) -> None:
    (test_file,) = folder.glob("test_*.py")
    for file in mistakes_of(folder):
        case = kata_cases.mistake_case(folder.name, file)
        text = kata_cases.docstring(file)
        assert text.splitlines()[0].endswith("."), file
        assert case.expected, file
        assert case.expected <= kata_cases.KNOWN_OUTCOMES, file
        assert any(fnmatchcase(name, case.test) for name in functions_in(test_file)), file


@every_kata
def test_other_right_answers_say_which_design_they_are(folder: Path) -> None:
    for file in sorted((kata_cases.ANSWERS / folder.name).glob("*.py")):
        assert kata_cases.docstring(file), file
