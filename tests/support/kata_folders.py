"""Makes kata folders for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HINTS = """\
[kata]
number = {number}
title = "{title}"
part = {part}
stub = "{stub}"
minutes = 10

[[hint]]
when = {{}}
steps = ["Which two numbers does the test add?", "return a + b", "def add(a, b):\\n    return a + b"]
"""

STUB = '''\
"""The stub."""


def add(a, b):
    raise NotImplementedError("TODO")
'''

RIGHT = '''\
"""A right answer."""


def add(a, b):
    return a + b
'''

TESTS = """\
from {module} import add


def test_adds_two_numbers():
    assert add(1, 2) == 3
"""


def make_kata(root: Path, name: str = "03_adding", *, part: int = 1, stub: str = "") -> Path:
    """Make a small kata whose stub fails; its answer is RIGHT."""
    number, slug = name.split("_", 1)
    stub = stub or f"{slug}.py"
    module = stub.removesuffix(".py")
    folder = root / name
    folder.mkdir(parents=True)
    title = slug.replace("_", " ").capitalize()
    write(folder / "hints.toml", HINTS.format(number=int(number), title=title, part=part, stub=stub))
    write(folder / "README.md", f"# {title}\n\nAdd two numbers.\n")
    write(folder / stub, STUB)
    write(folder / f"test_{module}.py", TESTS.format(module=module))
    return folder


def make_clone(root: Path, *names: str) -> Path:
    """Make a folder like a clone: katas/ and, beside it, solutions/."""
    for name in names:
        folder = make_kata(root / "katas", name)
        write(root / "solutions" / name / f"{folder.name[3:]}.py", RIGHT)
    return root


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
