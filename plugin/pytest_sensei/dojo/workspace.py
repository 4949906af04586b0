"""Where the learner's katas stand, and where their journal and attempts are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.dojo.answers import PACKAGE
from pytest_sensei.dojo.katas import Kata, KataError, is_kata_folder, katas_under

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = ".kata"  # for everything that is the learner's and not a kata
KATAS = "katas"  # the folder with the katas, in a clone and in a folder made by `kata init`
OWN_FOLDER = "my-katas"  # in a clone: ignored by git, so that `git pull` never meets the learner's work
SHIPPED = "shipped"  # in .kata of a folder made by `kata init`: the files as they came


class WorkspaceError(Exception):
    """What was asked for is not there; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of katas. `root` holds `.kata` with the journal and the attempts."""

    root: Path
    katas: tuple[Kata, ...]

    @property
    def own(self) -> Path:
        """The folder for everything that is the learner's and not a kata."""
        return self.root / FOLDER

    @property
    def shipped(self) -> Path:
        """The katas as they came, in a folder that `kata init` made."""
        return self.own / SHIPPED

    def find(self, name: str) -> Kata:
        """Give a kata by number or (part of) name. Raises WorkspaceError."""
        return find_kata(self.katas, name)


def find_kata(katas: Sequence[Kata], name: str) -> Kata:
    """Give a kata by number or by an unambiguous part of its name. Raises WorkspaceError."""
    wanted = name.strip().rstrip("/").rpartition("/")[2]
    if wanted.isdecimal():
        found = [kata for kata in katas if kata.number == int(wanted)]
    else:
        found = [kata for kata in katas if wanted in {kata.name, kata.slug, kata.module, kata.stub.name}]
        found = found or [kata for kata in katas if wanted and wanted in kata.name]
    if len(found) == 1:
        return found[0]
    if found:
        raise WorkspaceError(f"{name!r} could be {', '.join(kata.name for kata in found)}: which one?")
    raise WorkspaceError(f"there is no kata {name!r} here: `kata list` shows all")


def find_workspace(start: Path) -> Workspace:
    """Give the workspace at or above `start`. Raises WorkspaceError."""
    try:
        for folder in (start, *start.parents):
            for candidate in (folder, folder / OWN_FOLDER / KATAS, folder / KATAS):
                if _holds_katas(candidate):
                    return Workspace(root_of(candidate), tuple(katas_under(candidate)))
    except KataError as error:
        raise WorkspaceError(str(error)) from error
    raise WorkspaceError(f"no katas here: `kata init {OWN_FOLDER}` makes a folder with them")


def root_of(katas: Path) -> Path:
    """Give the folder that keeps `.kata` for the katas in a folder: beside katas/, else in it."""
    return katas.parent if katas.name == KATAS else katas


def shipped_katas() -> Path:
    """Give the folder of the katas that came with the package, or with the clone it runs from."""
    for folder in (PACKAGE / "_katas", PACKAGE.parents[1] / KATAS):
        if _holds_katas(folder):
            return folder
    raise WorkspaceError("this installation of pytest-sensei came without katas: install it anew")


def _holds_katas(folder: Path) -> bool:
    try:
        return any(is_kata_folder(child) for child in folder.iterdir())
    except OSError:  # not there, not a folder, or not ours to read
        return False
