"""What there is to read about a kata once one has tried: its solution, other designs, classic mistakes."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.dojo.answers import PACKAGE, find_solutions
from pytest_sensei.dojo.packed import unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata


@dataclass(frozen=True, slots=True)
class Design:
    """A right answer: the reference, or another design; `says` is what it tells about itself."""

    name: str
    path: Path
    says: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A classic wrong answer, with the kinds of finding that it leads to."""

    name: str
    path: Path
    says: str
    kinds: tuple[str, ...]
    test: str = "*"  # the test functions that are expected to fail


def reference(kata: Kata) -> Design:
    """Give the reference solution. Raises AnswerError."""
    path = find_solutions([kata])[kata.module]
    return Design("reference", path, _docstring(path))


def other_designs(kata: Kata) -> list[Design]:
    """Give the other right answers that are kept."""
    return [Design(path.stem, path, _docstring(path)) for path in _kept("answers", kata)]


def mistakes(kata: Kata) -> list[Mistake]:
    """Give the classic wrong answers."""
    return [_mistake(path) for path in _kept("mistakes", kata)]


def difference(kata: Kata, solution: Path) -> str:
    """Give the way from the learner's file to a right answer, as a unified diff."""
    mine = kata.stub.read_text(encoding="utf-8", errors="replace") if kata.stub.is_file() else ""
    return unified(mine, solution.read_text(encoding="utf-8"), f"yours/{kata.stub.name}", solution.name)


def unified(before: str, after: str, old_name: str, new_name: str) -> str:
    """Write a unified diff, well-formed also where a file does not end with a line end."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _kept(what: str, kata: Kata) -> list[Path]:
    """Find the kept files: in the clone that has the katas, in the package, or in the clone that it runs from."""
    kept_at = kata.folder.parent.parent / "tests" / what / kata.name
    if not kept_at.is_dir():
        kept_at = unpacked(what, kata) or PACKAGE.parents[1] / "tests" / what / kata.name
    return sorted(kept_at.glob("*.py"))


def _mistake(path: Path) -> Mistake:
    text = _docstring(path)
    settings = dict(re.findall(r"^\s*(expect|test):\s*(.+?)\s*$", text, re.MULTILINE))
    kinds = tuple(kind.strip() for kind in settings.get("expect", "").split(",") if kind.strip())
    return Mistake(path.stem, path, text.partition("\n")[0].strip(), kinds, settings.get("test", "*"))


def _docstring(path: Path) -> str:
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return ""
    return ast.get_docstring(module) or ""
