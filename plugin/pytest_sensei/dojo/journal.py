"""The journal of a learner's runs: `.kata/journal.db`. Short transactions, no connection kept open."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_sensei.dojo import outcome as outcomes
from pytest_sensei.dojo.journal_repair import is_corrupt, set_aside_if_corrupt
from pytest_sensei.dojo.workspace import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from pytest_sensei.diagnosis import JSONObject
    from pytest_sensei.dojo.outcome import Outcome

    _T = TypeVar("_T")

FILE = "journal.db"
# A lock is held for milliseconds; but many runs at once, on few cores, do not take turns.
_BUSY_SECONDS = 30.0
_LARGEST_SNAPSHOT = 1_000_000  # bytes: a stub that is larger is not what was meant to be edited

# One entry a version, applied in order; PRAGMA user_version counts them. Never change one, add one.
MIGRATIONS = (
    """
    CREATE TABLE snapshot (digest TEXT PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        started REAL NOT NULL,
        pid INTEGER NOT NULL,
        snapshot TEXT REFERENCES snapshot (digest),
        ended REAL,
        outcome TEXT
    );
    CREATE INDEX run_kata ON run (kata, id);
    CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        kata TEXT NOT NULL,
        at REAL NOT NULL,
        what TEXT NOT NULL,
        detail TEXT
    );
    CREATE INDEX event_kata ON event (kata, id);
    """,
)


class JournalError(Exception):
    """The journal could not be read or written; the text is one line."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the journal: a run of a kata. Without `ended` it was killed, or is still at work."""

    id: int
    kata: str
    started: float  # seconds since the epoch
    pid: int
    snapshot: str | None
    ended: float | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something other than a run: a hint was shown, a kata started or reset, a solution looked at."""

    id: int
    kata: str
    at: float  # seconds since the epoch
    what: str
    detail: JSONObject


class Journal:
    """The journal in a folder of katas. Every method may raise JournalError and leaves the file whole."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.path = self.folder / FILE
        self.notices: list[str] = []  # what the reader should be told, one line each

    # -- writing

    def open_run(self, kata: str, content: bytes | None) -> int:
        """Note that a run of a kata begins, with the learner's file as it is; return the run's number."""

        def write(db: sqlite3.Connection) -> int:
            digest = _keep(db, content)
            row = (kata, time.time(), os.getpid(), digest)
            cursor = db.execute("INSERT INTO run (kata, started, pid, snapshot) VALUES (?, ?, ?, ?)", row)
            return cursor.lastrowid or 0

        return self._write(write)

    def close_run(self, number: int, outcome: Outcome) -> None:
        """Note how a run ended."""
        text = json.dumps(outcomes.to_json(outcome))

        def write(db: sqlite3.Connection) -> None:
            db.execute("UPDATE run SET ended = ?, outcome = ? WHERE id = ?", (time.time(), text, number))

        self._write(write)

    def drop_run(self, number: int) -> None:
        """Forget a run in which no test of the kata was wanted after all."""
        self._write(lambda db: db.execute("DELETE FROM run WHERE id = ?", (number,)))

    def add_event(self, kata: str, what: str, **detail: Any) -> None:
        """Note something other than a run."""
        row = (kata, time.time(), what, json.dumps(detail))
        self._write(
            lambda db: db.execute("INSERT INTO event (kata, at, what, detail) VALUES (?, ?, ?, ?)", row)
        )

    # -- reading

    def runs(self, kata: str | None = None) -> list[Run]:
        """Give the runs, oldest first."""
        where, values = ("WHERE kata = ?", (kata,)) if kata else ("", ())
        columns = "id, kata, started, pid, snapshot, ended, outcome"
        rows = self._read(f"SELECT {columns} FROM run {where} ORDER BY id", values)  # noqa: S608 - constants
        return [_run(row) for row in rows]

    def events(self, kata: str | None = None) -> list[Event]:
        """Give the events, oldest first."""
        where, values = ("WHERE kata = ?", (kata,)) if kata else ("", ())
        rows = self._read(f"SELECT id, kata, at, what, detail FROM event {where} ORDER BY id", values)  # noqa: S608
        return [Event(row[0], row[1], row[2], row[3], json.loads(row[4] or "{}")) for row in rows]

    def snapshot(self, digest: str) -> bytes:
        """Give the content of a learner's file as it was when a run began."""
        rows = self._read("SELECT content FROM snapshot WHERE digest = ?", (digest,))
        if not rows:
            raise JournalError(f"{self.path}: the file as it was at that run is not in the journal")
        return zlib.decompress(rows[0][0])

    # -- the file

    def _write(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"{self.folder}: {error.strerror or error}") from error
        return self._with_repair(lambda: self._transact(action))

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        return self._with_repair(lambda: self._fetch(query, values))

    def _with_repair(self, action: Callable[[], _T]) -> _T:
        try:
            return action()
        except sqlite3.Error as error:
            if not is_corrupt(error):
                raise JournalError(f"{self.path}: {error}") from error
        try:
            self.notices.extend(set_aside_if_corrupt(self.path, self._prepare))
            return action()
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{self.path}: {error}") from error

    def _fetch(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Read, also where nothing can be written (a read-only or full disk): then the file as it is."""
        try:
            with contextlib.closing(_connect(self.path)) as db:
                self._prepare(db)
                return db.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if is_corrupt(error) or "locked" in str(error):
                raise
        uri = f"{self.path.absolute().as_uri()}?immutable=1"  # without looking for other writers
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            return db.execute(query, values).fetchall()

    def _transact(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        with contextlib.closing(_connect(self.path)) as db:
            self._prepare(db)
            with _transaction(db):
                return action(db)

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Bring the file to the current schema; safe when two runs do it at once."""
        version = _version(db)
        if version == len(MIGRATIONS):
            return
        if version > len(MIGRATIONS):
            raise JournalError(
                f"{self.path}: was written by a newer pytest-sensei; update this one to use it"
            )
        db.execute("PRAGMA journal_mode = WAL")
        with _transaction(db):
            for number in range(_version(db), len(MIGRATIONS)):
                for statement in MIGRATIONS[number].split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number + 1}")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        db.close()
        raise
    return db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; taking the write lock at once makes two writers wait instead of fail."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _keep(db: sqlite3.Connection, content: bytes | None) -> str | None:
    if content is None or len(content) > _LARGEST_SNAPSHOT:
        return None
    digest = hashlib.sha256(content).hexdigest()
    db.execute(
        "INSERT OR IGNORE INTO snapshot (digest, content) VALUES (?, ?)", (digest, zlib.compress(content))
    )
    return digest


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], row[1], row[2], row[3], row[4], row[5], _outcome(row[6]))


def _outcome(text: str | None) -> Outcome | None:
    """A damaged value costs this run's outcome, not the journal."""
    try:
        return outcomes.from_json(json.loads(text)) if text else None
    except (KeyError, TypeError, ValueError):
        return None
