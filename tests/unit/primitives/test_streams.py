"""Files on pipes: those of a program and of `os.fdopen` are as the real ones, but wait in slices."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.streams import PipeFile

if TYPE_CHECKING:
    from tests.unit.primitives.conftest import Watching

LIMIT = 20  # seconds
GREAT = 300_000  # bytes; no pipe takes so many at once


class Stop(BaseException):
    """What a watcher might raise."""


def stop_at_the_first_look(watching: Watching) -> None:
    errors = [Stop()]

    def look(strand: runtime.Strand) -> None:
        strand.pending = errors.pop() if errors else None

    watching.at_look = look


def pipe_files(text: bool = False, buffering: int = -1) -> tuple[Any, Any]:
    reading, writing = os.pipe()
    kind = "" if text else "b"
    options: dict[str, Any] = {"encoding": "utf-8"} if text else {}
    return os.fdopen(reading, "r" + kind, buffering, **options), os.fdopen(
        writing, "w" + kind, buffering, **options
    )


@pytest.mark.parametrize(
    ("text", "buffering"), [(False, -1), (False, 0), (False, 100), (True, -1), (True, 1)]
)
def test_a_file_on_a_pipe_is_of_the_real_types(watching: Watching, text: bool, buffering: int) -> None:
    ours, other = pipe_files(text, buffering)
    read, write = os.pipe()
    real = io.open(read, ours.mode, buffering, "utf-8" if text else None)  # noqa: SIM115, UP020 - not that of `os`
    with ours, other, real, io.open(write, "wb"):  # noqa: UP020
        assert isinstance(ours, type(real))
        assert (ours.mode, ours.readable(), ours.writable()) == (real.mode, True, False)
        assert getattr(ours, "line_buffering", None) == getattr(real, "line_buffering", None)


def test_what_is_written_in_many_pieces_is_read_to_the_end(watching: Watching) -> None:
    reading, writing = pipe_files()

    def write() -> None:
        with writing:
            writing.write(b"x" * GREAT)

    thread = threading.Thread(target=write)
    with reading:
        thread.start()
        assert reading.read(10) == b"x" * 10
        assert len(reading.read()) == GREAT - 10
        assert reading.read(1) == b""
    thread.join(LIMIT)


def test_lines_of_text_come_one_by_one(watching: Watching) -> None:
    reading, writing = pipe_files(text=True)
    with reading:
        with writing:
            writing.write("one\ntwo\n")
        assert list(reading) == ["one\n", "two\n"]


@pytest.mark.parametrize("side", ["reading", "writing"])
def test_a_file_on_a_pipe_waits_in_slices(watching: Watching, side: str) -> None:
    reading, writing = pipe_files(buffering=0)
    stop_at_the_first_look(watching)
    with reading, writing, pytest.raises(Stop):
        reading.read() if side == "reading" else writing.write(b"x" * GREAT)


def test_a_wait_for_a_programs_output_is_a_wait_for_its_stdout(watching: Watching) -> None:
    stop_at_the_first_look(watching)
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        with pytest.raises(Stop):
            program.stdout.read()
        raw: Any = program.stdout.buffer.raw  # type: ignore[attr-defined]
        assert isinstance(raw, PipeFile)
        assert raw.target is program.stdout
        program.stdin.write("\n")


def test_a_file_that_does_not_block_is_read_as_ever(watching: Watching) -> None:
    reading, writing = pipe_files(buffering=0)
    os.set_blocking(reading.fileno(), False)
    stop_at_the_first_look(watching)
    with reading, writing:
        assert reading.read(1) is None


def test_a_file_on_the_disk_is_none_of_ours(watching: Watching, tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_text("text")
    with os.fdopen(os.open(path, os.O_RDONLY), encoding="utf-8") as file:
        assert file.read() == "text"
        assert not isinstance(file.buffer.raw, PipeFile)  # type: ignore[attr-defined]
    assert runtime.watcher is not None


@pytest.mark.parametrize(("mode", "buffering", "options"), [("r", 0, {}), ("rb", -1, {"encoding": "utf-8"})])
def test_what_the_real_one_refuses_is_refused(
    watching: Watching, mode: str, buffering: int, options: dict[str, Any]
) -> None:
    reading, writing = os.pipe()
    with pytest.raises(ValueError, match=r"text|binary"):
        os.fdopen(reading, mode, buffering, closefd=False, **options)
    os.close(reading)
    os.close(writing)


def test_line_buffering_of_bytes_is_warned_of(watching: Watching) -> None:
    reading, writing = os.pipe()
    for fd, mode in ((reading, "rb"), (writing, "wb")):
        with pytest.warns(RuntimeWarning, match="line buffering"):
            os.fdopen(fd, mode, 1).close()
    with pytest.warns(RuntimeWarning, match="line buffering"):
        program = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE, bufsize=1)
    program.communicate()


def test_subprocess_still_has_a_module_for_its_files() -> None:
    assert isinstance(subprocess.io, type(io))  # type: ignore[attr-defined]
    assert subprocess.io.DEFAULT_BUFFER_SIZE == io.DEFAULT_BUFFER_SIZE  # type: ignore[attr-defined]
