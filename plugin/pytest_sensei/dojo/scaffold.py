"""`kata new NN_slug`: the beginning of a kata, which `kata verify` explains step by step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_sensei.dojo.files import write_atomically
from pytest_sensei.dojo.workspace import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

_HINTS = """\
[kata]
number = {number}
title = "{title}"
part = 1
stub = "{slug}.py"
minutes = 30

[[hint]] # when nothing more special fits
when = {{}}
steps = [
  "TODO: a question that makes one look at the right place",
  "TODO: the rule or the call",
  "TODO: the shape, three to six lines, never the whole file",
]
"""
_README = """\
# {number:02} {title}

TODO: what it is for in real life.

## Your task

Complete `{slug}.py`, then run

    pytest katas/{number:02}_{slug}

## The contract

- TODO

## When you are done

TODO: what to notice, and where to read on.
"""
_STUB = '''\
"""Kata {number:02}: TODO, in one line."""

from __future__ import annotations


def answer() -> int:
    """Give the answer."""
    raise NotImplementedError("TODO: give the answer")
'''
_TESTS = """\
from {slug} import answer


def test_answer_is_right() -> None:
    assert answer() == 42
"""


def new_kata(katas: Path, name: str) -> list[Path]:
    """Write the first files of a kata; return them. Raises WorkspaceError."""
    match = re.fullmatch(r"(\d\d)_([a-z][a-z0-9_]*)", name)
    if match is None:
        raise WorkspaceError(f"{name!r} is no name for a kata: two digits and a slug, like 41_mailbox")
    number, slug = int(match[1]), match[2]
    taken = sorted(folder.name for folder in katas.glob(f"{match[1]}_*"))
    if taken:
        raise WorkspaceError(f"number {number} is taken by {taken[0]}")
    title = slug.replace("_", " ").capitalize()
    texts = {"hints.toml": _HINTS, "README.md": _README, f"{slug}.py": _STUB, f"test_{slug}.py": _TESTS}
    files = []
    for file, text in texts.items():
        files.append(katas / name / file)
        write_atomically(files[-1], text.format(number=number, slug=slug, title=title).encode())
    return files
