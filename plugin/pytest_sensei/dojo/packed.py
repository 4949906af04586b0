"""The answers that the wheel keeps packed, unpacked into the learner's `.kata` folder when they are asked for."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from pytest_sensei.dojo.answers import PACKAGE
from pytest_sensei.dojo.files import read_bytes, write_atomically
from pytest_sensei.dojo.workspace import FOLDER, root_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata


def unpacked(what: str, kata: Kata) -> Path | None:
    """Give the folder with a kata's files out of the archive of this name; None where nothing is packed.

    Raises OSError where they cannot be written.
    """
    archive = PACKAGE / f"_{what}.zip"
    if not archive.is_file():
        return None
    folder = root_of(kata.folder.parent) / FOLDER / what / kata.name
    with zipfile.ZipFile(archive) as packed:
        for member in packed.namelist():
            owner, _, name = member.partition("/")
            if owner == kata.name and read_bytes(folder / name) != packed.read(member):
                write_atomically(folder / name, packed.read(member))
    return folder
