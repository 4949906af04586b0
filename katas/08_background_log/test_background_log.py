"""The log: lines get into the file, none is lost, the writer ends, and its errors are told."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from background_log import BackgroundLog

CANNOT_BE_WRITTEN = "half a character: \ud800"  # no encoding has bytes for it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def lines_in(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


# Lines get into the file ------------------------------------------------------------------


def test_each_write_is_a_line_of_the_file_after_close(path: Path) -> None:
    log = BackgroundLog(path)

    log.write("first")
    log.write("second")
    log.close()

    assert path.read_text(encoding="utf-8") == "first\nsecond\n"


def test_lines_are_appended_to_what_the_file_holds(path: Path) -> None:
    path.write_text("from yesterday\n", encoding="utf-8")
    log = BackgroundLog(path)

    log.write("from today")
    log.close()

    assert lines_in(path) == ["from yesterday", "from today"]


def test_close_loses_no_line(path: Path) -> None:
    log = BackgroundLog(path)

    for i in range(100):
        log.write(f"line {i}")
    log.close()

    assert lines_in(path) == [f"line {i}" for i in range(100)]


def test_lines_are_written_as_they_are(path: Path) -> None:
    log = BackgroundLog(path)

    for line in ("", "  indented", "stop", "None", "", "to be continued  "):
        log.write(line)
    log.close()

    assert path.read_text(encoding="utf-8") == "\n  indented\nstop\nNone\n\nto be continued  \n"


def test_lines_are_in_the_file_after_flush(path: Path) -> None:
    with BackgroundLog(path) as log:
        log.write("first")
        log.flush()
        after_one = lines_in(path)
        log.write("second")
        log.flush()
        after_two = lines_in(path)
        log.flush()  # nothing to do

    assert after_one == ["first"]
    assert after_two == ["first", "second"]


@pytest.mark.interleave
def test_flush_waits_until_the_line_is_in_the_file(path: Path) -> None:
    path.unlink(missing_ok=True)

    with BackgroundLog(path) as log:
        log.write("here")
        log.flush()
        found = lines_in(path)

    assert found == ["here"]


@pytest.mark.interleave
def test_each_flush_waits_for_the_line_when_two_threads_flush(path: Path) -> None:
    path.unlink(missing_ok=True)
    found: list[list[str]] = []

    def flush() -> None:
        log.flush()
        found.append(lines_in(path))

    with BackgroundLog(path) as log:
        log.write("here")
        other = threading.Thread(target=flush)
        other.start()
        flush()
        other.join()

    assert found == [["here"], ["here"]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
@pytest.mark.usefixtures("limits_are_over")
def test_flush_waits_as_long_as_the_file_takes_no_more(tmp_path: Path) -> None:
    has_returned = threading.Event()

    def write() -> None:
        with contextlib.suppress(OSError):  # os.fsync, say, which pipes do not have
            log.write("waits for room")
            log.flush()
        has_returned.set()

    with FullPipe(tmp_path / "full.log") as pipe:
        log = BackgroundLog(pipe.path)
        other = threading.Thread(target=write)
        other.start()
        # Counted in turns: on a busy machine they take longer, for all threads alike; seconds do not.
        returned_early = any(has_returned.wait(0.01) for _ in range(20))
        late = threading.Thread(target=log.write, args=("waits for nothing",))
        late.start()
        did_not_wait = any(late.join(0.01) or not late.is_alive() for _ in range(200))
        pipe.empty()
        late.join()
        other.join()
        with contextlib.suppress(OSError):
            log.close()

    assert not returned_early, "flush returned, and the line could not be in the file yet"
    assert did_not_wait, "write has waited for the file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
@pytest.mark.usefixtures("limits_are_over")
def test_close_waits_as_long_as_the_file_takes_no_more(tmp_path: Path) -> None:
    has_returned = threading.Event()

    def write_and_close() -> None:
        with contextlib.suppress(OSError):
            log.write("waits for room")
            log.close()
        has_returned.set()

    with FullPipe(tmp_path / "full.log") as pipe:
        log = BackgroundLog(pipe.path)
        other = threading.Thread(target=write_and_close)
        other.start()
        returned_early = any(has_returned.wait(0.01) for _ in range(20))
        pipe.empty()
        other.join()

    assert not returned_early, "close returned, and the line could not be in the file yet"


@pytest.mark.interleave
def test_lines_of_two_threads_stay_whole(path: Path) -> None:
    path.unlink(missing_ok=True)
    log = BackgroundLog(path)

    other = threading.Thread(target=log.write, args=("from the other",))
    other.start()
    log.write("from here")
    other.join()
    log.close()

    assert sorted(lines_in(path)) == ["from here", "from the other"]


@pytest.mark.interleave
def test_each_log_writes_its_own_lines(path: Path) -> None:
    paths = [path.with_name(name) for name in ("first", "second")]
    for each in paths:
        each.unlink(missing_ok=True)
    logs = [BackgroundLog(each) for each in paths]

    for each, log in zip(paths, logs, strict=True):
        log.write(f"for {each.name}")
    for log in logs:
        log.close()

    assert [lines_in(each) for each in paths] == [["for first"], ["for second"]]


# The writer's life ------------------------------------------------------------------------


def test_a_thread_of_its_own_writes_and_ends_with_close(path: Path) -> None:
    before = set(threading.enumerate())
    log = BackgroundLog(path)

    log.write("line")
    log.flush()
    at_work = set(threading.enumerate()) - before
    log.close()

    assert at_work, "who writes in the background, if there is no thread?"
    assert set(threading.enumerate()) - before == set()


def test_close_without_a_line_ends_the_thread(path: Path) -> None:
    BackgroundLog(path).close()

    assert lines_in(path) == []


@pytest.mark.interleave
def test_the_thread_has_ended_when_close_returns(path: Path) -> None:
    before = set(threading.enumerate())
    log = BackgroundLog(path)
    log.write("here")
    writers = set(threading.enumerate()) - before

    log.close()

    assert [writer for writer in writers if writer.is_alive()] == []


def test_close_may_be_called_twice(path: Path) -> None:
    log = BackgroundLog(path)

    log.write("line")
    log.close()
    log.close()

    assert lines_in(path) == ["line"]


def test_write_after_close_is_refused(path: Path) -> None:
    log = BackgroundLog(path)

    log.close()

    with pytest.raises(ValueError):
        log.write("too late")
    assert lines_in(path) == []


def test_with_closes_the_log(path: Path) -> None:
    with BackgroundLog(path) as log:
        log.write("line")

    assert lines_in(path) == ["line"]
    with pytest.raises(ValueError):
        log.write("too late")


def test_with_closes_the_log_after_an_error(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), BackgroundLog(path) as log:
        log.write("line")
        _ = 1 / 0

    assert lines_in(path) == ["line"]


@pytest.mark.interleave
def test_a_line_that_was_accepted_while_somebody_closes_is_in_the_file(path: Path) -> None:
    path.unlink(missing_ok=True)
    log = BackgroundLog(path)
    accepted: list[str] = []

    def write() -> None:
        with contextlib.suppress(ValueError):  # closed by now: then it need not be there
            log.write("line")
            accepted.append("line")

    other = threading.Thread(target=write)
    other.start()
    log.close()
    other.join()

    assert lines_in(path) == accepted


def test_flush_after_close_has_nothing_to_wait_for(path: Path) -> None:
    log = BackgroundLog(path)

    log.write("line")
    log.close()
    with contextlib.suppress(ValueError):  # closed: it may say so
        log.flush()

    assert lines_in(path) == ["line"]


# The writer's errors ----------------------------------------------------------------------


@pytest.fixture
def lost_path(tmp_path: Path) -> Path:
    return tmp_path / "no such folder" / "app.log"


def test_error_of_the_writer_is_raised_by_flush(lost_path: Path) -> None:
    with closing_after(OSError) as open_log:
        log = open_log(lost_path)
        log.write("nowhere to go")
        log.flush()


def test_error_of_the_writer_is_raised_by_close(lost_path: Path) -> None:
    with closing_after(OSError) as open_log:
        log = open_log(lost_path)
        log.write("nowhere to go")
        log.close()


def test_line_that_cannot_be_written_is_told_by_flush(path: Path) -> None:
    with closing_after(UnicodeEncodeError) as open_log:
        log = open_log(path)
        log.write(CANNOT_BE_WRITTEN)
        log.flush()


def test_line_that_cannot_be_written_is_told_though_the_next_one_can(path: Path) -> None:
    with closing_after(UnicodeEncodeError) as open_log:
        log = open_log(path)
        log.write(CANNOT_BE_WRITTEN)
        log.write("a good one")
        log.flush()


def test_line_that_cannot_be_written_is_told_by_close(path: Path) -> None:
    with closing_after(UnicodeEncodeError) as open_log:
        log = open_log(path)
        log.write("a good one")
        log.write(CANNOT_BE_WRITTEN)
        log.close()

    assert lines_in(path)[:1] == ["a good one"]


def test_error_of_the_writer_is_raised_at_the_end_of_with(lost_path: Path) -> None:
    with pytest.raises(OSError), BackgroundLog(lost_path) as log:
        log.write("nowhere to go")


def test_nobody_waits_for_ever_for_a_writer_with_an_error(lost_path: Path) -> None:
    with closing_after(OSError) as open_log:
        log = open_log(lost_path)
        for i in range(1000):
            log.write(f"line {i}")
        log.flush()


@pytest.mark.interleave
def test_flush_raises_the_error_whoever_comes_first(lost_path: Path) -> None:
    with closing_after(OSError) as open_log:
        log = open_log(lost_path)
        log.write("nowhere to go")
        log.flush()


@contextlib.contextmanager
def closing_after(error: type[Exception]) -> Iterator[Callable[[Path], BackgroundLog]]:
    """Expect an error in the block; then close the log, which may raise it again or not."""
    logs: list[BackgroundLog] = []

    def open_log(path: Path) -> BackgroundLog:
        logs.append(BackgroundLog(path))
        return logs[-1]

    try:
        with pytest.raises(error):
            yield open_log
    except pytest.fail.Exception:
        close(logs, error)
        raise
    close(logs, error)


def close(logs: list[BackgroundLog], error: type[Exception]) -> None:
    for log in logs:
        with contextlib.suppress(error):
            log.close()


class FullPipe:
    """A pipe with a name and no room: who writes to it has to wait until it is emptied."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self._end, b"." * 4096)

    def empty(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._end, 65536):
                pass

    def __enter__(self) -> FullPipe:
        return self

    def __exit__(self, *_: object) -> None:
        self.empty()
        os.close(self._end)
