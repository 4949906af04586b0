"""What the wheel carries beside the package: the katas and solutions, and the other answers as archives.

pytest looks at each file of an installed plugin whenever it starts: a thousand answers would cost every run of every
user a tenth of a second, two archives cost nothing. An editable installation reads them where they are.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("katas", "solutions")
ARCHIVES = ("answers", "mistakes")  # for `kata solution` and `kata mistakes`
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, whenever it is built


class Hook(BuildHookInterface[Any]):
    """Adds the files to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        self._archives = tempfile.TemporaryDirectory()
        packed = Path(self._archives.name)
        included = build_data["force_include"]
        for name in FOLDERS:
            included[str(root / name)] = f"pytest_sensei/_{name}"
        for name in ARCHIVES:
            pack(root / "tests" / name, packed / f"{name}.zip")
            included[str(packed / f"{name}.zip")] = f"pytest_sensei/_{name}.zip"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if version != "editable":
            self._archives.cleanup()


def pack(folder: Path, archive: Path) -> None:
    """Put the Python files of each kata's folder into one archive."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.glob("*/*.py")):
            member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EPOCH)
            member.external_attr = 0o644 << 16
            packed.writestr(member, file.read_bytes(), zipfile.ZIP_DEFLATED)
