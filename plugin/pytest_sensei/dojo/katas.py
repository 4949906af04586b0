"""What a kata is, and how katas are found on disk."""

from __future__ import annotations

import functools
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HINTS_FILE = "hints.toml"
_FOLDER_NAME = re.compile(r"(\d\d)_([a-z0-9_]+)")
_MAX_DEPTH = 4  # how far below an argument katas are looked for: enough for a clone beside other things
_NEVER_ENTERED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "build", "dist"})


class KataError(Exception):
    """A kata's folder is not as it must be; the text is one line and names file and line."""


@dataclass(frozen=True, slots=True)
class Kata:
    """An exercise: a folder `NN_slug` with a stub, tests, a README and hints."""

    number: int
    slug: str
    folder: Path
    title: str
    part: int
    stub: Path
    minutes: int = 0

    @property
    def name(self) -> str:
        """The folder's name, which is the kata's name everywhere."""
        return self.folder.name

    @property
    def module(self) -> str:
        """The name under which the kata's tests import the stub."""
        return self.stub.stem

    @property
    def tests(self) -> tuple[Path, ...]:
        """The files with the kata's tests."""
        return tuple(sorted(self.folder.glob("test_*.py")))

    @property
    def readme(self) -> Path:
        """What it is for, the task and the contract."""
        return self.folder / "README.md"

    @property
    def hints(self) -> Path:
        """The file that describes the kata and holds its hints."""
        return self.folder / HINTS_FILE


def kata_of(path: str | os.PathLike[str]) -> Kata | None:
    """Give the kata that `path` is or lies in. Raises KataError when its hints.toml is broken."""
    return _kata_at(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links out of the kata


def katas_in(args: Iterable[str | os.PathLike[str]], directory: Path | None = None) -> list[Kata]:
    """Give the katas at, under or above pytest's arguments, in order of number, each once.

    Relative arguments are taken from `directory` (default: the working directory);
    a test's name after `::` is ignored.
    """
    base = Path.cwd() if directory is None else directory
    found: dict[Path, Kata] = {}
    for arg in args:
        path = base / os.fspath(arg).split("::", 1)[0]
        for kata in _katas_for(path):
            found.setdefault(kata.folder, kata)
    return sorted(found.values(), key=lambda kata: (kata.number, str(kata.folder)))


def katas_under(folder: Path) -> list[Kata]:
    """Give the katas that stand directly in `folder`, in order of number."""
    if not folder.is_dir():
        return []
    katas = [read_kata(child) for child in sorted(folder.iterdir()) if is_kata_folder(child)]
    return sorted(katas, key=lambda kata: kata.number)


def is_kata_folder(folder: Path) -> bool:
    """Tell a kata's folder by its name and its hints.toml, without reading it."""
    return _FOLDER_NAME.fullmatch(folder.name) is not None and (folder / HINTS_FILE).is_file()


def read_kata(folder: Path) -> Kata:
    """Read the kata in `folder`. Raises KataError, with file and line, when its hints.toml is broken."""
    hints = folder / HINTS_FILE
    text = _read_text(hints)
    table = _kata_table(hints, text)
    number, slug = _number_and_slug(folder)
    fields = _Fields(hints, text, table)
    if fields.integer("number") != number:
        raise fields.wrong("number", f"must be {number}, as in the folder's name")
    stub = fields.string("stub")
    if Path(stub).name != stub or not stub.endswith(".py"):
        raise fields.wrong("stub", 'must be the name of a Python file in the folder, like "semaphore.py"')
    return Kata(
        number=number,
        slug=slug,
        folder=folder,
        title=fields.string("title"),
        part=fields.integer("part"),
        stub=folder / stub,
        minutes=fields.integer("minutes") if "minutes" in table else 0,
    )


def forget_katas() -> None:
    """Read katas anew from now on: for long-lived processes, and tests."""
    _kata_at.cache_clear()
    _kata_at_or_above.cache_clear()


@functools.lru_cache(maxsize=4096)
def _kata_at(path: str) -> Kata | None:
    """Answer by the text: it is asked often, and paths are slow to make and to compare."""
    return _kata_at_or_above(Path(path))


@functools.lru_cache(maxsize=4096)
def _kata_at_or_above(path: Path) -> Kata | None:
    if is_kata_folder(path):
        return read_kata(path)
    return None if path.parent == path else _kata_at_or_above(path.parent)


def _katas_for(path: Path) -> Iterator[Kata]:
    above = kata_of(path)
    if above is not None:
        yield above
    elif path.is_dir():
        yield from map(read_kata, _kata_folders_below(path, _MAX_DEPTH))


def _kata_folders_below(folder: Path, depth: int) -> Iterator[Path]:
    if depth == 0:
        return
    for child in _subfolders(folder):
        if is_kata_folder(child):
            yield child
        else:
            yield from _kata_folders_below(child, depth - 1)


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:  # not ours to read, so no kata of ours
        return []
    return [folder / name for name in sorted(names) if name[0] != "." and name not in _NEVER_ENTERED]


def _number_and_slug(folder: Path) -> tuple[int, str]:
    match = _FOLDER_NAME.fullmatch(folder.name)
    if match is None:
        raise KataError(f"{folder}: a kata's folder is named NN_slug, like 03_semaphore")
    return int(match[1]), match[2]


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KataError(f"{shown(path)}:1: cannot be read: {error}") from error


def _kata_table(hints: Path, text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KataError(_toml_message(hints, text, error)) from error
    table = document.get("kata")
    if not isinstance(table, dict):
        raise KataError(f"{shown(hints)}:1: has no [kata] table with number, title, part and stub")
    return table


def _toml_message(hints: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    match = re.search(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)", str(error))
    line = match[1] if match and match[1] else str(text.count("\n") + 1)
    reason = str(error)[: match.start()] if match else str(error)
    return f"{shown(hints)}:{line}: {reason}"


@dataclass(frozen=True, slots=True)
class _Fields:
    """The values of a [kata] table, with errors that name the line."""

    file: Path
    text: str
    table: dict[str, Any]

    def string(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be a text in quotes")
        return value

    def integer(self, key: str) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "must be a whole number")
        return value

    def wrong(self, key: str, why: str) -> KataError:
        return KataError(f"{shown(self.file)}:{self._line_of(key)}: {key} {why}")

    def _get(self, key: str) -> Any:
        if key not in self.table:
            raise self.wrong(key, "is missing from the [kata] table")
        return self.table[key]

    def _line_of(self, key: str) -> int:
        pattern = re.compile(rf"\s*({re.escape(key)})\s*=")
        lines = self.text.splitlines()
        header = next((n for n, line in enumerate(lines, 1) if line.strip().startswith("[kata]")), 1)
        return next((n for n, line in enumerate(lines, 1) if n >= header and pattern.match(line)), header)


def shown(path: Path) -> str:
    """Write a path as a reader of a terminal wants it: relative to where they stand, if it is below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):
        return str(path)
