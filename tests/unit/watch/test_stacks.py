"""Who cannot tell where it is, is asked from outside; who would not understand the question, is not.

The children here are members of the family of the run that this test is part of.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.watch import procfs, stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(
    not procfs.visible() or stacks.SIGNAL is None, reason="asks through /proc and a real-time signal"
)
CTX = multiprocessing.get_context("fork")


@contextmanager
def child(work: Callable[[], object]) -> Iterator[int]:
    """A forked child that has begun to work when this is entered."""
    begun = CTX.Event()
    process = CTX.Process(target=_begin, args=(begun, work))
    process.start()
    assert begun.wait(60)
    try:
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


def _begin(begun: multiprocessing.synchronize.Event, work: Callable[[], object]) -> None:
    begun.set()
    work()


def compute() -> None:
    number = 0
    while True:
        number += 1


def asked(pid: int) -> list[stacks.Trace]:
    return stacks.ask(pid, procfs.start(pid))


def test_a_process_that_computes_is_found_in_its_line_and_its_callers() -> None:
    with child(compute) as pid:
        (trace,) = asked(pid)
    assert trace.is_main
    names = [site.co_name for site in trace.sites if site.co_filename == __file__]
    assert names in (["compute", "_begin"], ["_begin"])  # asked before it was in it, perhaps
    assert all(
        site.co_name != "test_a_process_that_computes_is_found_in_its_line_and_its_callers"
        for site in trace.sites
    )


def test_a_process_that_is_in_a_call_of_the_system_goes_on_with_it() -> None:
    reading, writing = os.pipe()
    answers, answer = os.pipe()
    with child(lambda: os.write(answer, os.read(reading, 1))) as pid:
        assert asked(pid)
        os.write(writing, b"!")
        assert os.read(answers, 1) == b"!"
    for fd in (reading, writing, answers, answer):
        os.close(fd)


def test_it_is_asked_as_often_as_one_likes() -> None:
    with child(compute) as pid:
        assert [len(asked(pid)) for _ in range(3)] == [1, 1, 1]


def test_a_program_is_not_asked_for_the_signal_would_end_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        assert asked(program.pid) == []
        program.communicate(b"\n")
    assert program.returncode == 0


def test_who_has_closed_all_its_files_is_not_asked() -> None:
    with child(_close_all_and_wait) as pid:
        while procfs.ends(pid):
            pass  # until it has closed them
        assert asked(pid) == []


def _close_all_and_wait() -> None:
    os.closerange(0, 1000)
    signal.pause()


def test_who_holds_the_signal_off_or_is_stopped_is_not_asked() -> None:
    with child(_hold_off) as pid:
        while procfs.catches(pid, stacks.SIGNAL or 0):
            pass  # until it holds it off
        assert asked(pid) == []
    with child(signal.pause) as pid:
        os.kill(pid, signal.SIGSTOP)
        os.waitpid(pid, os.WUNTRACED)
        assert asked(pid) == []


def _hold_off() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {stacks.SIGNAL or 0})
    signal.pause()


def test_who_has_ended_or_whose_number_is_somebody_elses_is_not_asked() -> None:
    with child(compute) as pid:
        start = procfs.start(pid)
        assert stacks.ask(pid, start + 1) == []
    assert stacks.ask(pid, start) == []


def test_users_cannot_tell_that_there_is_a_handler() -> None:
    assert stacks.SIGNAL is not None
    with child(signal.pause) as pid:
        assert procfs.catches(pid, stacks.SIGNAL)
        assert signal.getsignal(stacks.SIGNAL) is signal.SIG_DFL


WRITTEN = {
    "one thread": (
        'Current thread 0x00007f (most recent call first):\n  File "/a.py", line 3 in work\n',
        [(True, "", [("/a.py", 3, "work")])],
    ),
    "the main thread last, with names": (
        (
            "Thread 0x01 [helper] (most recent call first):\n"
            '  File "/b c.py", line 7 in <lambda>\n\n'
            "Current thread 0x02 [main] (most recent call first):\n"
            '  File "/a.py", line 3 in work\n  File "/a.py", line 9 in <module>\n'
        ),
        [
            (True, "main", [("/a.py", 3, "work"), ("/a.py", 9, "<module>")]),
            (False, "helper", [("/b c.py", 7, "<lambda>")]),
        ],
    ),
    "no line, no frame": (
        (
            'Current thread 0x1 (most recent call first):\n  File "/a.py", line ??? in work\n'
            "Thread 0x2 (most recent call first):\n  <no Python frame>\n"
        ),
        [(True, "", []), (False, "", [])],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_what_faulthandler_writes_is_understood(text: str, expected: list[object]) -> None:
    found = stacks.parsed(text)
    assert [
        (trace.is_main, trace.name, [(s.co_filename, s.line, s.co_name) for s in trace.sites])
        for trace in found
    ] == expected
