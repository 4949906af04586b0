"""`kata init` and `kata update`: the learner's own folder of katas, and newer katas for it."""

from __future__ import annotations

import difflib
import enum
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.dojo.files import read_bytes, write_atomically
from pytest_sensei.dojo.katas import HINTS_FILE, is_kata_folder
from pytest_sensei.dojo.workspace import FOLDER, KATAS, SHIPPED, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_SHIPPED = frozenset({"__pycache__", ".pytest_cache", FOLDER})
_SETTINGS = Path("pytest.ini")
_SETTINGS_TEXT = b"""\
# Keeps the settings of any project around this folder away from the katas.
[pytest]
"""


class Fate(str, enum.Enum):
    """What an update does with one file."""

    SAME = "same"  # nothing new, or the learner's change is the new version
    ADDED = "added"
    REPLACED = "replaced"  # it was as shipped
    BESIDE = "beside"  # the learner changed it: theirs stays, the new one is laid beside it
    KEPT = "kept"  # the learner changed or deleted it, and nothing newer came
    REMOVED = "removed"  # it was as shipped and is not shipped any more


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with one file; the contents are None where there is no file."""

    file: Path  # relative to the folder of katas
    fate: Fate
    old: bytes | None = None  # as it was shipped before
    new: bytes | None = None  # as it is shipped now

    @property
    def beside(self) -> Path:
        """Where the new version of a file goes that the learner changed."""
        name = self.file.name
        if self.file.suffix == ".py" and not name.startswith("test_"):
            return self.file.with_name(f"{self.file.stem}.new.py")
        return self.file.with_name(f"{name}.new")  # a test beside a test would be run, too

    @property
    def difference(self) -> str:
        """What changed in the shipped file."""
        before, after = _lines(self.old), _lines(self.new)
        name = self.file.as_posix()
        return "".join(difflib.unified_diff(before, after, f"{name} (before)", f"{name} (new)"))


def init(target: Path, source: Path) -> int:
    """Write the katas of `source` into a new folder; return their number. Raises WorkspaceError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WorkspaceError(f"{target} exists and is not empty: name a new folder, or `kata update` in it")
    target = target.absolute()
    around = next((parent for parent in target.parents if (parent / FOLDER / SHIPPED).is_dir()), None)
    if around is not None:
        raise WorkspaceError(f"{around} is a folder of your own already: `kata update` brings what is new")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as draft:
        made = Path(draft, target.name)  # moved when it is whole: killed before, nothing stands in the way
        for file in _shipped_files(source):
            content = (source / file).read_bytes()
            write_atomically(made / FOLDER / SHIPPED / file, content)
            write_atomically(made / KATAS / file, content)
        write_atomically(made / _SETTINGS, _SETTINGS_TEXT)
        target.mkdir(exist_ok=True)
        for part in sorted(made.iterdir()):  # the katas after .kata: with them it is a folder of katas
            part.rename(target / part.name)
    return sum(is_kata_folder(folder) for folder in (target / KATAS).iterdir())


def plan_update(target: Path, source: Path) -> list[Step]:
    """Decide the fate of every file. Raises WorkspaceError where `kata init` has not been."""
    shipped = target / FOLDER / SHIPPED
    if not shipped.is_dir():
        raise WorkspaceError(
            "this folder was not made by `kata init`. In a clone, `git pull` brings new katas;"
            " `kata init my-katas` makes a folder of your own that git leaves alone"
        )
    files = sorted({*_shipped_files(source), *_shipped_files(shipped)}, key=_hints_last)
    return [
        _step(file, read_bytes(shipped / file), read_bytes(source / file), read_bytes(target / KATAS / file))
        for file in files
    ]


def apply_update(target: Path, steps: list[Step]) -> None:
    """Carry out a plan, file by file: killed in between, the next update does the rest."""
    for step in steps:
        _apply(target / KATAS, step)
        shipped = target / FOLDER / SHIPPED / step.file
        if step.new is None:
            shipped.unlink(missing_ok=True)
        elif step.new != step.old:
            write_atomically(shipped, step.new)


def _step(file: Path, old: bytes | None, new: bytes | None, mine: bytes | None) -> Step:
    return Step(file, _fate(old, new, mine), old, new)


def _fate(old: bytes | None, new: bytes | None, mine: bytes | None) -> Fate:
    if mine == new:
        return Fate.SAME
    if mine == old:
        return Fate.ADDED if old is None else Fate.REMOVED if new is None else Fate.REPLACED
    if new is None or new == old or mine is None:
        return Fate.KEPT
    return Fate.BESIDE


def _apply(katas: Path, step: Step) -> None:
    path = katas / step.file
    if step.fate in {Fate.ADDED, Fate.REPLACED} and step.new is not None:
        write_atomically(path, step.new)
    elif step.fate is Fate.BESIDE and step.new is not None:
        write_atomically(katas / step.beside, step.new)
    elif step.fate is Fate.REMOVED:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _shipped_files(source: Path) -> Iterator[Path]:
    """Give the files of all katas in a folder, relative to it."""
    for folder in sorted(source.iterdir()):
        if is_kata_folder(folder):
            for file in sorted(folder.rglob("*")):
                relative = file.relative_to(source)
                if file.is_file() and not _NOT_SHIPPED.intersection(relative.parts):
                    yield relative


def _hints_last(file: Path) -> tuple[str, bool, Path]:
    """A folder is a kata once its hints are there, so they come last in each folder."""
    return file.parts[0], file.name == HINTS_FILE, file


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").splitlines(keepends=True)
