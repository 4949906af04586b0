"""What the README shows is what a reader gets."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Project

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the first code block of a language."""
    match = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert match, language
    return match[1]


def without_numbers(text: str) -> str:
    """The milliseconds differ from run to run, and with them the spaces around; so may who came first."""
    return "\n".join(sorted(re.sub(r" +", " ", re.sub(r"\d+ ms", "N ms", line)).strip() for line in text.splitlines()))


def test_the_example_gets_the_answer_that_is_shown(project: Project) -> None:
    run = project.run(block("python"))
    shown = without_numbers(block("text"))
    assert set(shown.splitlines()) <= set(without_numbers(run.output).splitlines())


def test_there_are_exactly_two_commands_to_start_with() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [command.rpartition("/")[2] for command in commands] == ["03_semaphore", "pytest -n 2"]
