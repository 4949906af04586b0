"""The map of the katas agrees with the katas."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
CURRICULUM = (ROOT / "docs" / "curriculum.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| \[(\d\d) ([^]]+)\]\(\.\./katas/([^/]+)/README\.md\) \| (\d+) \| ([\d, ]*) ?\| (.+) \|")
TOPICS = (
    "process creation",
    "three states",
    "lock",
    "semaphore",
    "event",
    "queue",
    "pipe",
    "manager",
    "pool",
    "callback",
    "thread",
    "GIL",
    "sharing",
    "daemon",
    "middleware",
)

rows = {match[1]: match for match in ROW.finditer(CURRICULUM)}
katas = sorted(file.parent for file in (ROOT / "katas").glob("[0-9][0-9]_*/hints.toml"))


def table_of(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((folder / "hints.toml").read_text(encoding="utf-8"))["kata"]
    return table


def test_there_are_forty_rows_in_order() -> None:
    assert list(rows) == [f"{number:02}" for number in range(1, 41)]


@pytest.mark.parametrize("folder", katas, ids=lambda folder: folder.name)
def test_row_says_what_the_kata_says(folder: Path) -> None:
    table, row = table_of(folder), rows[folder.name[:2]]

    assert row[3] == folder.name
    assert row[2] == table["title"]
    assert int(row[4]) == table["minutes"]
    part = CURRICULUM[: row.start()].rpartition("\n## Part ")[2][0]
    assert int(part) == table["part"]


def test_kata_comes_after_those_that_it_needs() -> None:
    for number, row in rows.items():
        needed = [each for each in row[5].replace(" ", "").split(",") if each]
        assert all(each < number for each in needed), row[0]


def test_hours_are_the_sum_of_the_minutes() -> None:
    told = re.search(r"together some (\d+) hours", CURRICULUM)

    assert told
    assert round(sum(int(row[4]) for row in rows.values()) / 60) == int(told[1])


@pytest.mark.parametrize("topic", TOPICS)
def test_topic_of_the_course_has_its_katas(topic: str) -> None:
    table = CURRICULUM.partition("## A course on processes and threads")[2]
    topics = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")]

    assert any(topic in name and re.search(r"\d\d", numbers) for name, numbers in topics)
