"""The journal's file: written, read, migrated, damaged, full, read-only, newer, and used by two at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from journal_rows import outcome
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo import journal as journal_module
from pytest_sensei.dojo.journal import Journal, JournalError


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path)


def sql(journal, *statements):
    with contextlib.closing(sqlite3.connect(journal.path)) as db, db:
        return [db.execute(statement).fetchall() for statement in statements]


def whole(journal):
    assert sql(journal, "PRAGMA integrity_check") == [[("ok",)]]


def python(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_run_is_opened_and_closed(journal):
    number = journal.open_run("03_adding", b"code")
    (opened,) = journal.runs()
    assert (opened.ended, opened.outcome, opened.pid) == (None, None, os.getpid())
    journal.close_run(number, outcome(light=Light.GREEN))
    (closed,) = journal.runs("03_adding")
    assert closed.ended >= closed.started
    assert closed.outcome == outcome(light=Light.GREEN)
    assert journal.snapshot(closed.snapshot) == b"code"


def test_same_content_is_kept_once(journal):
    for _ in range(3):
        journal.open_run("03_adding", b"the same")
    journal.open_run("03_adding", b"another")
    assert sql(journal, "SELECT count(*) FROM snapshot") == [[(2,)]]


def test_huge_or_missing_file_is_journalled_without_its_content(journal):
    journal.open_run("03_adding", b"x" * 2_000_000)
    journal.open_run("03_adding", None)
    assert [run.snapshot for run in journal.runs()] == [None, None]


def test_dropped_run_is_gone(journal):
    journal.drop_run(journal.open_run("03_adding", b""))
    assert journal.runs() == []


def test_events_are_kept_with_their_details(journal):
    journal.add_event("03_adding", "hint", ladder="abc", rung=2)
    (event,) = journal.events()
    assert (event.kata, event.what, event.detail) == ("03_adding", "hint", {"ladder": "abc", "rung": 2})


def test_reading_without_a_journal_makes_none(journal):
    assert journal.runs() == []
    assert journal.events() == []
    assert not journal.folder.exists()


def test_journal_is_in_wal_mode_and_knows_its_version(journal):
    journal.open_run("03_adding", b"")
    assert sql(journal, "PRAGMA journal_mode", "PRAGMA user_version") == [
        [("wal",)],
        [(len(journal_module.MIGRATIONS),)],
    ]


def test_older_journal_is_migrated_with_its_rows(journal, monkeypatch):
    journal.open_run("03_adding", b"old")
    newer = (*journal_module.MIGRATIONS, "ALTER TABLE run ADD COLUMN mood TEXT")
    monkeypatch.setattr(journal_module, "MIGRATIONS", newer)
    journal.open_run("03_adding", b"new")
    assert [run.kata for run in journal.runs()] == ["03_adding", "03_adding"]
    assert sql(journal, "PRAGMA user_version", "SELECT mood FROM run") == [[(2,)], [(None,), (None,)]]


def test_broken_migration_leaves_the_journal_as_it_was(journal, monkeypatch):
    journal.open_run("03_adding", b"old")
    bad = (
        *journal_module.MIGRATIONS,
        "ALTER TABLE run ADD COLUMN mood TEXT; ALTER TABLE nothing ADD COLUMN x",
    )
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "MIGRATIONS", bad)
        with contextlib.suppress(JournalError):
            journal.open_run("03_adding", b"new")
    assert len(journal.runs()) >= 1
    whole(journal)


def test_newer_journal_is_left_alone(journal):
    journal.open_run("03_adding", b"")
    sql(journal, "PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="newer pytest-sensei"):
        journal.open_run("03_adding", b"")
    sql(journal, f"PRAGMA user_version = {len(journal_module.MIGRATIONS)}")
    assert len(journal.runs()) == 1


def test_file_that_is_no_database_is_set_aside(journal):
    journal.folder.mkdir()
    journal.path.write_bytes(b"this is not a database, whatever its name says" * 100)
    journal.open_run("03_adding", b"")
    assert len(journal.runs()) == 1
    (aside,) = journal.folder.glob("journal.db.broken-*")
    assert aside.read_bytes().startswith(b"this is not a database")
    assert len(journal.notices) == 1
    assert aside.name in journal.notices[0]


def test_readable_rows_of_a_damaged_journal_are_saved(journal):
    for number in range(300):
        journal.close_run(journal.open_run("03_adding", b"%d" % number), outcome())
    size = journal.path.stat().st_size
    with journal.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 8192)
    for _ in range(2):  # one of them meets the damage
        journal.open_run("03_adding", b"after")
        runs = journal.runs()
    assert len(runs) > 100
    assert list(journal.folder.glob("journal.db.broken-*"))
    whole(journal)


def test_damaged_outcome_costs_that_run_only(journal):
    for _ in range(2):
        journal.close_run(journal.open_run("03_adding", b""), outcome())
    sql(journal, "UPDATE run SET outcome = '{\"light\": ' WHERE id = 1")
    assert [run.outcome is None for run in journal.runs()] == [True, False]


def test_empty_file_of_a_killed_beginning_is_used(journal):
    journal.folder.mkdir()
    journal.path.touch()
    journal.open_run("03_adding", b"")
    assert len(journal.runs()) == 1


def test_folder_that_cannot_be_made_is_one_error_of_one_line(tmp_path):
    (tmp_path / ".kata").write_text("a file stands in the way")
    with pytest.raises(JournalError) as caught:
        Journal(tmp_path).open_run("03_adding", b"")
    assert "\n" not in str(caught.value)


FULL_DISK = """
    import resource, sys
    from pathlib import Path
    from pytest_sensei.dojo.journal import Journal, JournalError
    journal = Journal(Path(sys.argv[1]))
    journal.open_run("03_adding", b"before")
    limit = journal.path.stat().st_size + 60_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    written = 1
    try:
        for number in range(10_000):
            journal.open_run("03_adding", bytes(range(256)) * 40 + b"%d" % number)
            written += 1
    except JournalError as error:
        print(written, str(error).count("\\n"))
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="a limit on the size of files is how the disk is made full"
)
def test_full_disk_loses_nothing_that_was_written(journal, tmp_path):
    process = python(FULL_DISK, tmp_path)
    out, err = process.communicate(timeout=60)
    assert err == ""
    written, line_ends = map(int, out.split())
    assert line_ends == 0
    assert len(journal.runs()) == written
    whole(journal)


READ_ONLY = """
    import os
    import sys
    import urllib.parse  # needed later, when its file can perhaps not be read any more
    from pathlib import Path
    from pytest_sensei.dojo.journal import Journal, JournalError
    if os.geteuid() == 0:  # root may write everywhere
        os.setgid(65534)
        os.setuid(65534)
    journal = Journal(Path(sys.argv[1]))
    print(len(journal.runs()))
    try:
        journal.open_run("03_adding", b"")
    except JournalError as error:
        print("error of", len(str(error).splitlines()), "line")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such rights there")
def test_read_only_folder_can_be_read():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are for its user only
        journal = Journal(Path(folder))
        journal.open_run("03_adding", b"")
        for path in (journal.path, journal.folder, Path(folder)):
            path.chmod(0o555)
        process = python(READ_ONLY, folder)
        out, err = process.communicate(timeout=60)
        Path(folder).chmod(0o755)
        journal.folder.chmod(0o755)
    assert err == ""
    assert out.splitlines() == ["1", "error of 1 line"]


WRITER = """
    import sys
    from pathlib import Path
    from pytest_sensei.diagnosis import Light
    from pytest_sensei.dojo.journal import Journal
    from pytest_sensei.dojo.outcome import Outcome
    journal = Journal(Path(sys.argv[1]))
    print("ready", flush=True)
    for number in range(int(sys.argv[2])):
        journal.close_run(journal.open_run("03_adding", b"%d" % number), Outcome("03_adding", Light.RED))
        print(number, flush=True)
"""


def test_two_runs_at_once_both_write_everything(journal, tmp_path):
    writers = [python(WRITER, tmp_path, 40) for _ in range(3)]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert err == ""
    runs = journal.runs()
    assert len(runs) == 120
    assert all(run.outcome is not None for run in runs)
    whole(journal)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
@pytest.mark.parametrize("after", [0, 1, 2, 5, 9])
def test_killed_writer_loses_nothing_that_it_reported(journal, tmp_path, after):
    writer = python(WRITER, tmp_path, 10_000)
    reported = [writer.stdout.readline() for _ in range(after + 1)]
    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate(timeout=60)[0].splitlines()
    closed = len(reported) - 1 + len([line for line in rest if line.isdecimal()])
    runs = journal.runs()
    assert sum(run.outcome is not None for run in runs) >= closed
    assert sum(run.outcome is None for run in runs) <= 1
    journal.open_run("03_adding", b"goes on")
    whole(journal)


def test_two_that_find_the_damage_at_once_repair_it_once(journal, tmp_path):
    journal.folder.mkdir()
    journal.path.write_bytes(b"no database" * 1000)
    writers = [python(WRITER, tmp_path, 5) for _ in range(4)]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert err == ""
    assert len(journal.runs()) == 20
    assert len(list(journal.folder.glob("journal.db.broken-*"))) == 1


def test_full_disk_where_not_even_a_reader_finds_room_can_be_read(journal, monkeypatch):
    journal.close_run(journal.open_run("03_semaphore", b"mine"), outcome("03_semaphore", Light.RED))

    def no_room(path):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(journal_module, "_connect", no_room)
    assert [run.outcome.light for run in journal.runs()] == [Light.RED]
    with pytest.raises(JournalError, match="disk I/O error"):
        journal.open_run("03_semaphore", b"more")
