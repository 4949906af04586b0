"""A corrupt journal is set aside, what can still be read of it is brought over, and work goes on."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING

from pytest_sensei.dojo.files import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_TABLES = ("snapshot", "run", "event")
_CORRUPT_TEXTS = ("malformed", "not a database", "disk image", "unsupported file format", "no such table")


def is_corrupt(error: sqlite3.Error) -> bool:
    """Tell damage of the file from a full disk, a lock, or missing rights."""
    return any(text in str(error) for text in _CORRUPT_TEXTS)


def set_aside_if_corrupt(path: Path, prepare: Callable[[sqlite3.Connection], None]) -> list[str]:
    """Rename a corrupt journal and start a new one from what is readable; return what to tell.

    Two runs may find the damage at once: under the lock the second sees that the first has repaired it.
    """
    with locked(path.with_suffix(".lock")):
        if not _is_damaged(path):
            return []
        aside = path.with_name(
            f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**6}"
        )
        for suffix in (
            "-wal",
            "-shm",
            "",
        ):  # the journal itself last: killed between, the damage is still seen
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
        saved = _salvage(aside, path, prepare)
    return [f"{path.name} was damaged: kept as {aside.name}, {saved} rows could be saved into a new journal"]


def _is_damaged(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return True
            return bool(db.execute("PRAGMA user_version").fetchone()[0]) and not tables.issuperset(_TABLES)
    except sqlite3.Error as error:
        return is_corrupt(error)


def _salvage(old: Path, new: Path, prepare: Callable[[sqlite3.Connection], None]) -> int:
    """Copy the readable rows; a damaged page costs the rows on it, not the rest."""
    saved = 0
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target:
        prepare(target)
        with contextlib.closing(sqlite3.connect(old)) as source:
            for table in _TABLES:
                saved += _copy(source, target, table)
    return saved


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    saved = 0
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    for row in _readable(source, f"SELECT {names} FROM {table}"):  # noqa: S608 - names from our own schema
        with contextlib.suppress(sqlite3.Error):  # a row that breaks a rule is damage, too
            target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
            saved += 1
    return saved


def _readable(source: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Read on from both ends, since reading stops at the first damaged page."""
    for order in ("", " ORDER BY rowid DESC"):
        try:
            yield from source.execute(query + order)
        except sqlite3.Error:
            continue
        return
