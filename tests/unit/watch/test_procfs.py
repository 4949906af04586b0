"""What /proc tells about processes that really exist, and that its absence is told, not guessed around."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.watch import procfs, sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not procfs.visible(), reason="there is no /proc to read")

ME = os.getpid()


def soon(fact: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(fact())


@pytest.fixture
def cat() -> Iterator[subprocess.Popen[bytes]]:
    """A program that reads its standard input, a pipe."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as program:
        yield program


def test_a_process_is_told_from_a_later_one_of_the_same_number_by_its_start() -> None:
    found = procfs.stat(ME)
    assert found is not None
    assert (found.pid, found.parent, found.start) == (ME, os.getppid(), procfs.start(ME))


def test_nobody_has_no_state() -> None:
    assert procfs.stat(2**22 + 1) is None
    assert procfs.ends(2**22 + 1) is None
    assert procfs.tasks(2**22 + 1) == []
    assert procfs.call(2**22 + 1, 1) is None


def test_children_are_found(cat: subprocess.Popen[bytes]) -> None:
    assert cat.pid in procfs.descendants(ME)


def test_a_pipe_has_a_reading_and_a_writing_end() -> None:
    reading, writing = os.pipe()
    inode = os.fstat(reading).st_ino
    ends = {end.fd: end for end in procfs.ends(ME) or ()}
    assert (ends[reading].readable, ends[reading].writable) == (True, False)
    assert (ends[writing].readable, ends[writing].writable) == (False, True)
    assert {ends[reading].inode, ends[writing].inode} == {inode}
    os.close(reading)
    os.close(writing)


def test_a_program_that_reads_is_seen_to_read(cat: subprocess.Popen[bytes]) -> None:
    assert soon(lambda: (found := procfs.call(cat.pid, cat.pid)) is not None and found.name == "read")
    found = procfs.call(cat.pid, cat.pid)
    assert found is not None
    assert found.arguments[0] == 0
    assert procfs.call(cat.pid, cat.pid) == found
    assert procfs.switches(cat.pid, cat.pid) >= 1


def test_the_signals_that_a_program_catches_are_told(cat: subprocess.Popen[bytes]) -> None:
    assert soon(lambda: procfs.caught(cat.pid) == frozenset())  # once it is the program that was asked for
    assert signal.SIGINT in procfs.caught(ME)
    assert procfs.caught(2**22 + 1) == frozenset()


def test_an_unreaped_child_has_ended() -> None:
    with subprocess.Popen(["true"]) as program:
        assert soon(lambda: (found := procfs.stat(program.pid)) is not None and found.ended)


def test_a_semaphore_is_known_by_where_it_is_mapped_from() -> None:
    lock = multiprocessing.Lock()
    mapped = procfs.semaphores(ME)
    assert mapped is not None
    assert lock._semlock.handle & ~0xFFF in mapped  # type: ignore[attr-defined]


def test_the_other_end_of_a_socket_pair_is_found() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert sockets.peer_of(os.fstat(one.fileno()).st_ino) == os.fstat(other.fileno()).st_ino


def test_a_socket_whose_other_end_is_closed_has_none() -> None:
    one, other = socket.socketpair()
    other.close()
    with one:
        assert sockets.peer_of(os.fstat(one.fileno()).st_ino) is None


def test_a_descriptor_on_its_way_is_noticed() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert not procfs.in_flight(ME, other.fileno())
        socket.send_fds(one, [b"x"], [one.fileno()])
        assert procfs.in_flight(ME, other.fileno())


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(procfs, "_ROOT", str(tmp_path))
    procfs.visible.cache_clear()
    yield
    procfs.visible.cache_clear()


@pytest.mark.usefixtures("no_proc")
def test_without_proc_nobody_sees_what_a_process_does() -> None:
    assert not procfs.visible()
    assert procfs.ends(ME) is None
    assert procfs.semaphores(ME) is None
    assert procfs.call(ME, ME) is None


@pytest.mark.usefixtures("no_proc")
def test_without_proc_processes_are_found_and_their_ends_seen() -> None:
    me = procfs.stat(ME)
    assert me is not None
    assert (me.parent, me.ended) == (os.getppid(), False)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child:
        assert child.pid in procfs.descendants(ME)
        assert procfs.command(child.pid)[-1] == "input()"
        found = procfs.stat(child.pid)
        assert found is not None
        assert (found.parent, found.ended, procfs.start(child.pid)) == (ME, False, found.start)
        child.kill()
        assert soon(lambda: (now := procfs.stat(child.pid)) is not None and now.ended)
    assert procfs.stat(child.pid) is None
