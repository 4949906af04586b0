"""Asks a process for its stacks when it cannot tell them itself: `faulthandler` answers a signal even amid C code.

Every member of the family answers into one file. Only who surely does is asked: it catches the signal, and
has that file open. A program that was started meanwhile does neither, and the signal would end it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.primitives import processes, runtime
from pytest_sensei.watch import procfs
from pytest_sensei.watch.places import is_user_file
from pytest_sensei.watch.record import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNAL: int | None = signal.SIGRTMAX - 9 if hasattr(signal, "SIGRTMAX") else None
PATIENCE = 0.3  # seconds that an answer may take to begin
SETTLED = 0.02  # seconds without another word: the answer, which has no end mark, is over
_PAUSE = 0.002


@dataclass(frozen=True, slots=True)
class _Answers:
    """The file that the family answers into, as this process has it open."""

    path: str
    fd: int  # forked children share it


_answers: _Answers | None = None


def answer_into(folder: Path) -> None:
    """From now on this process answers, and so do its forked children. Raises FileNotFoundError."""
    global _answers  # noqa: PLW0603
    path = os.path.realpath(folder / "stacks")
    if SIGNAL is None or (_answers is not None and _answers.path == path):
        return
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    answer_no_more()
    faulthandler.register(SIGNAL, file=fd, all_threads=True, chain=False)
    _answers = _Answers(path, fd)


def answer_no_more() -> None:
    """Undo `answer_into`."""
    global _answers  # noqa: PLW0603
    if _answers is not None and SIGNAL is not None:
        faulthandler.unregister(SIGNAL)
        with contextlib.suppress(OSError):  # closed by the user's code, with all others
            os.close(_answers.fd)
        _answers = None


def forget() -> None:
    """Drop what was answered so far; to be called when nobody asks."""
    if _answers is not None:
        with contextlib.suppress(OSError):
            os.ftruncate(_answers.fd, 0)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a thread is: the calls it is in, the innermost first."""

    is_main: bool
    name: str  # as the system knows it; empty before Python 3.14
    sites: tuple[Site, ...]

    def of_user(self) -> tuple[Site, ...]:
        """Return the lines of the user's own code."""
        return tuple(site for site in self.sites if is_user_file(site.co_filename))


def ask(pid: int, start: int) -> list[Trace]:
    """Return the stacks of a process's threads; nothing where it cannot answer, or has ended."""
    if _answers is None or SIGNAL is None or not _would_answer(pid, start, _answers.path):
        return []
    try:
        before = os.fstat(_answers.fd).st_size
        os.kill(pid, SIGNAL)
        return parsed(_answer(_answers.fd, before))
    except OSError:
        return []


def _would_answer(pid: int, start: int, path: str) -> bool:
    found = procfs.stat(pid)
    return (
        found is not None
        and found.start == start
        and found.state not in "TtZXx"
        and SIGNAL is not None
        and procfs.catches(pid, SIGNAL)
        and procfs.has_open(pid, path)
    )


def _answer(fd: int, since: int) -> str:
    """Return what is written from an offset on, as soon as nothing more is added."""
    size, moment = since, runtime.monotonic()
    deadline = moment + PATIENCE
    while (now := runtime.monotonic()) < (deadline if size == since else moment + SETTLED):
        runtime.real_sleep(_PAUSE)
        if (grown := os.fstat(fd).st_size) != size:
            size, moment = grown, now
    return os.pread(fd, size - since, since).decode("utf-8", "replace")


_THREAD = re.compile(
    r"^(Current thread|Thread) 0x[0-9a-f]+ (?:\[(.*)\] )?\(most recent call first\):$", re.MULTILINE
)
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_BEGINNINGS = {(code.co_filename, code.co_name) for code in processes.BEGINNINGS}


def parsed(text: str) -> list[Trace]:
    """Read what `faulthandler` writes. The system has a process's main thread take the signal, if it can."""
    _, *parts = _THREAD.split(text)
    threads = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    traces = [
        Trace(kind == "Current thread", name or "", tuple(_sites(body))) for kind, name, body in threads
    ]
    return sorted(traces, key=lambda trace: not trace.is_main)


def _sites(body: str) -> Iterator[Site]:
    """Yield the calls that a thread is in. In a forked child the parent's lie below: they are left out."""
    for match in _FRAME.finditer(body):
        if (match[1], match[3]) in _BEGINNINGS:
            return
        yield Site(match[1], match[3], 0, int(match[2]))
