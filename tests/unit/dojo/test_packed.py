"""What the wheel keeps packed comes into the learner's own folder, and is what the archive has."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from kata_folders import make_kata
from pytest_sensei.dojo import packed, reading
from pytest_sensei.dojo.katas import Kata, read_kata

if TYPE_CHECKING:
    from pathlib import Path

WRONG = '"""Takes the numbers for texts.\n\nexpect: failure\n"""\n'


@pytest.fixture
def kata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kata:
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(packed, "PACKAGE", package)
    with zipfile.ZipFile(package / "_mistakes.zip", "w") as archive:
        archive.writestr("03_adding/joins.py", WRONG)
        archive.writestr("04_another/joins.py", "another = 1\n")
    return read_kata(make_kata(tmp_path / "dojo" / "katas"))


def test_a_katas_files_are_unpacked_and_read(kata: Kata, tmp_path: Path) -> None:
    (mistake,) = reading.mistakes(kata)
    assert mistake.path == tmp_path / "dojo" / ".kata" / "mistakes" / "03_adding" / "joins.py"
    assert mistake.path.read_text() == WRONG
    assert (mistake.name, mistake.kinds) == ("joins", ("failure",))


def test_what_was_changed_comes_back(kata: Kata) -> None:
    (mistake,) = reading.mistakes(kata)
    mistake.path.write_text("changed = 1\n")
    assert reading.mistakes(kata) == [mistake]


def test_what_is_not_packed_is_not_there(kata: Kata) -> None:
    assert packed.unpacked("answers", kata) is None
    assert reading.other_designs(kata) == []
