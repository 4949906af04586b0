"""Five programs: each hangs as it was, none may be hushed up, and each keeps what it promises."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import repair_shop
from repair_shop import Connection, Disk, Journal, Log, Meter, Outbox, total_size

needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork"
)
# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURN_SECONDS = 0.01
TURNS = 50

forked = threading.Event()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=forked.set)


@pytest.fixture(autouse=True)
def sleep_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sleeps in the hope that others will be done wakes up at once."""
    for place in (time, repair_shop):
        monkeypatch.setattr(place, "sleep", lambda seconds: None, raising=False)


# -- 1. fork


def save(file: Path, entries: list[str]) -> None:
    file.write_text(json.dumps({"pid": os.getpid(), "entries": entries}), encoding="utf-8")


@needs_fork
def test_backup_is_made_by_a_child_process(tmp_path: Path) -> None:
    journal, file = Journal(), tmp_path / "backup.json"
    journal.extend(["one", "two"])

    journal.backup(partial(save, file))

    saved = json.loads(file.read_text(encoding="utf-8"))
    assert saved["entries"] == ["one", "two"]
    assert saved["pid"] != os.getpid()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_backup_while_a_thread_adds_entries_is_made_and_whole(tmp_path: Path) -> None:
    journal, file, halfway = Journal(), tmp_path / "backup.json", threading.Event()

    def entries() -> Iterator[str]:
        yield "one"
        halfway.set()
        # A fork comes now, or else somebody waits for us to be done.
        any(forked.wait(TURN_SECONDS) for _ in range(TURNS))
        yield "two"

    writer = threading.Thread(target=journal.extend, args=(entries(),), name="writer")
    forked.clear()
    writer.start()
    halfway.wait()
    journal.backup(partial(save, file))
    writer.join()

    assert file.exists(), "backup has returned, and nothing was saved"
    assert json.loads(file.read_text(encoding="utf-8"))["entries"] in ([], ["one", "two"])


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_backup_is_whole_though_a_thread_begins_to_add_just_before_the_child_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, file, halfway = Journal(), tmp_path / "backup.json", threading.Event()
    start = BaseProcess.start

    def entries() -> Iterator[str]:
        yield "one"
        halfway.set()
        any(forked.wait(TURN_SECONDS) for _ in range(TURNS))
        yield "two"

    writer = threading.Thread(target=journal.extend, args=(entries(),), name="writer")

    def start_a_little_later(process: BaseProcess) -> None:
        if not writer.is_alive():
            writer.start()
            any(halfway.wait(TURN_SECONDS) for _ in range(TURNS))  # or else it is kept out meanwhile
        start(process)

    forked.clear()
    monkeypatch.setattr(BaseProcess, "start", start_a_little_later)
    journal.backup(partial(save, file))
    if writer.ident is not None:
        writer.join()

    assert json.loads(file.read_text(encoding="utf-8"))["entries"] in ([], ["one", "two"])


# -- 2. two locks


@pytest.mark.interleave
def test_log_writes_a_disk_while_the_disk_is_used() -> None:
    log = Log()
    disk = Disk("sda", 100, log)

    run_at_once(lambda: disk.use(30), lambda: log.write("%s", disk))

    assert sorted(line[0] for line in log.lines) == ["1", "2"], "each line is there, with a number of its own"
    seen, more = sorted(line[2:] for line in log.lines)
    assert seen in ("sda 0+100", "sda 30+70"), "used + free is always the size"
    assert more == "sda: 30 more"


@pytest.mark.interleave
def test_disk_is_used_twice_at_once_and_nothing_is_lost() -> None:
    log = Log()
    disk = Disk("sda", 100, log)

    run_at_once(lambda: disk.use(30), lambda: disk.use(20))

    assert str(disk) == "sda 50+50"
    assert sorted(line[0] for line in log.lines) == ["1", "2"]


# -- 3. a finaliser


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_outbox_takes_the_report_of_a_connection_dropped_at_any_line() -> None:
    def use(outbox: Outbox) -> list[tuple[int, str]]:
        outbox.put("a")
        outbox.put("b")
        return outbox.take()

    for line in range(lines_of(partial(use, Outbox()))):
        outbox = Outbox()
        with at_line(line, partial(drop_unclosed, outbox)):
            reports = use(outbox)
        reports += outbox.take()

        assert sorted(text for _, text in reports) == ["a", "b", "c was never closed"], "no report is lost"
        assert sorted(number for number, _ in reports) == [1, 2, 3], "each report has a number of its own"


def test_outbox_hears_nothing_of_a_closed_connection() -> None:
    outbox = Outbox()
    connection = Connection("c", outbox)
    connection.close()
    del connection

    assert outbox.take() == []


@pytest.mark.interleave
def test_outbox_is_for_many_threads() -> None:
    outbox = Outbox()

    run_at_once(lambda: outbox.put("a"), lambda: outbox.put("b"))

    reports = outbox.take()
    assert sorted(text for _, text in reports) == ["a", "b"]
    assert sorted(number for number, _ in reports) == [1, 2]


@pytest.mark.interleave
def test_outbox_loses_no_report_that_comes_while_another_thread_takes() -> None:
    outbox, taken = Outbox(), []
    outbox.put("a")

    run_at_once(lambda: outbox.put("b"), lambda: taken.extend(outbox.take()))

    taken += outbox.take()
    assert sorted(text for _, text in taken) == ["a", "b"], "no report is lost"
    assert sorted(number for number, _ in taken) == [1, 2], "each report has a number of its own"


@pytest.mark.interleave
def test_outbox_may_be_taken_by_two_threads_at_once() -> None:
    outbox, taken = Outbox(), []
    outbox.put("a")
    outbox.put("b")

    run_at_once(lambda: taken.extend(outbox.take()), lambda: taken.extend(outbox.take()))

    assert sorted(text for _, text in taken) == ["a", "b"], "no report is lost, and none comes twice"
    assert sorted(number for number, _ in taken) == [1, 2], "each report has a number of its own"


def drop_unclosed(outbox: Outbox) -> None:
    """Do what the garbage collector does, at its own time: drop a connection that nobody has closed."""
    Connection("c", outbox)


# -- 4. a signal handler


def test_meter_answers_a_signal_at_any_line() -> None:
    def use(meter: Meter) -> None:
        meter.count(10)
        meter.count(10)

    for line in range(lines_of(partial(use, Meter(print)))):
        answers: list[str] = []
        meter = Meter(answers.append)
        with at_line(line, partial(meter.on_signal, 10, None)):
            use(meter)
        meter.count(10)

        assert len(answers) == 1, "one signal, one answer, at the latest when the next count returns"
        requests, size = (int(word) for word in answers[0].split() if word.isdigit())
        assert size == 10 * requests, f"the numbers do not belong together: {answers[0]}"


@pytest.mark.interleave
def test_meter_counts_for_many_threads() -> None:
    answers: list[str] = []
    meter = Meter(answers.append)

    run_at_once(lambda: meter.count(10), lambda: meter.count(10))

    meter.on_signal(10, None)
    meter.count(10)
    assert answers[0] in ("2 requests, 20 bytes", "3 requests, 30 bytes")


@pytest.mark.interleave
def test_meter_answers_a_signal_while_another_thread_counts() -> None:
    answers: list[str] = []
    meter = Meter(answers.append)

    run_at_once(lambda: meter.count(10), lambda: meter.on_signal(10, None))
    meter.count(10)

    assert len(answers) == 1, "one signal, one answer, at the latest when the next count returns"
    requests, size = (int(word) for word in answers[0].split() if word.isdigit())
    assert size == 10 * requests, f"the numbers do not belong together: {answers[0]}"


@pytest.mark.interleave
def test_meter_says_numbers_that_belong_together_while_two_threads_count() -> None:
    answers: list[str] = []
    meter = Meter(answers.append)
    meter.on_signal(10, None)

    run_at_once(lambda: meter.count(10), lambda: meter.count(10))

    assert len(answers) == 1, "one signal, one answer, at the latest when the next count returns"
    requests, size = (int(word) for word in answers[0].split() if word.isdigit())
    assert size == 10 * requests, f"the numbers do not belong together: {answers[0]}"


# -- 5. an executor

SIZES = {"/": (1, ["/a", "/b"]), "/a": (10, ["/a/c"]), "/a/c": (100, []), "/b": (1000, [])}


def test_total_size_needs_no_more_than_one_worker() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert total_size("/", lambda folder: SIZES[folder], executor) == 1111


def test_total_size_of_a_deep_tree_needs_no_more_than_two_workers() -> None:
    def read(folder: str) -> tuple[int, list[str]]:
        return 1, [folder + "x"] if len(folder) < 50 else []

    with ThreadPoolExecutor(2) as executor:
        assert total_size("x", read, executor) == 50


def test_total_size_reads_in_the_executor_only() -> None:
    readers = set()

    def read(folder: str) -> tuple[int, list[str]]:
        readers.add(threading.current_thread().name[:6])
        return SIZES[folder]

    with ThreadPoolExecutor(2, thread_name_prefix="reader") as executor:
        total_size("/", read, executor)

    assert readers == {"reader"}


def test_total_size_reads_folders_at_the_same_time_when_there_are_workers() -> None:
    both_are_read = threading.Barrier(2)

    def read(folder: str) -> tuple[int, list[str]]:
        if folder in ("/a", "/b"):
            both_are_read.wait()  # for ever, until the other one is read, too
        return SIZES[folder]

    with ThreadPoolExecutor(2) as executor:
        assert total_size("/", read, executor) == 1111


def test_total_size_raises_what_read_raises() -> None:
    def read(folder: str) -> tuple[int, list[str]]:
        if folder == "/a/c":
            raise PermissionError(folder)
        return SIZES[folder]

    with ThreadPoolExecutor(1) as executor, pytest.raises(PermissionError, match="/a/c"):
        total_size("/", read, executor)


# -- tools


def run_at_once(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class at_line:  # noqa: N801 - reads like a word
    """Call something just before the n-th line of repair_shop.py that runs in this thread.

    A signal, or the garbage collector, can come at each of them; here it does.
    """

    def __init__(self, number: int, call: Callable[[], object] | None) -> None:
        self.seen = 0
        self._number = number
        self._call = call

    def __enter__(self) -> at_line:
        self._tracing = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(self._tracing)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != repair_shop.__file__:
            return None
        if event == "line":
            if self.seen == self._number and self._call is not None:
                self._call()
            self.seen += 1
        return self._trace


def lines_of(job: Callable[[], object]) -> int:
    """Return how many lines of repair_shop.py a job runs."""
    with at_line(-1, None) as lines:
        job()
    return lines.seen
