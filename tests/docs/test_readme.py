"""What the README shows is what a reader gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the first code block of a language."""
    match = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert match, language
    return match[1]


def without_numbers(text: str) -> set[str]:
    """Return the lines; the milliseconds differ from run to run, and with them the spaces around."""
    lines = (re.sub(r" +", " ", re.sub(r"\d+ ms", "N ms", line)) for line in text.splitlines())
    return {line.strip() for line in lines}


def test_the_example_gets_the_answer_that_is_shown(project: Project) -> None:
    run = project.run(block("python"))
    assert without_numbers(block("text")) <= without_numbers(run.output)


def test_there_are_exactly_two_commands_to_start_with() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [command.rpartition("/")[2] for command in commands] == ["03_semaphore", "pytest -n 4"]
