"""The family's directory: notes and records are read back by others, also after their writer's death."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.diagnosis import Diagnosis, Kind
from pytest_sensei.primitives import patching, semaphores
from pytest_sensei.watch import record
from pytest_sensei.watch.home import Home, _sweep
from pytest_sensei.watch.notes import Need, Note, NotedThread, NotedWait, Want
from pytest_sensei.watch.record import Record
from pytest_sensei.watch.verdicts import FamilyVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home() -> Iterator[Home]:
    made = Home.make()
    yield made
    made.remove()


def note_of(home: Home, serial: int = 7, tried: float = 1.0) -> Note:
    wait = NotedWait(serial, 0.5, tried, (Need(Want.SEMAPHORE, 3),))
    thread = NotedThread("p1.t1", home.pid, "MainThread", wait)
    return Note(home.pid, home.start, "MainProcess", (thread,), serials=(serial,))


def test_a_note_is_read_back(home: Home) -> None:
    note = note_of(home)
    home.hang_out(note)
    assert home.note_of(home.pid, home.start) == note


def test_a_note_is_taken_in(home: Home) -> None:
    home.hang_out(note_of(home))
    home.take_in()
    home.take_in()
    assert home.note_of(home.pid, home.start) is None


def test_a_later_process_of_the_same_number_has_no_note(home: Home) -> None:
    home.hang_out(note_of(home))
    assert home.note_of(home.pid, home.start + 1) is None


def test_a_renewed_note_differs_in_its_times_only(home: Home) -> None:
    assert note_of(home, tried=1.0).renewed({7: 2.0}) == note_of(home, tried=2.0)


def test_a_challenge_is_seen_by_who_opened_the_same_directory(home: Home) -> None:
    other = Home(home.folder)
    home.head.challenge()
    home.head.pause(12.5)
    home.head.proving = True
    assert (other.head.challenges, other.head.next_look, other.head.proving) == (1, 12.5, True)
    assert (other.head.verdicts, other.head.changes) == (0, 0)


def test_a_pause_for_want_of_news_ends_with_the_next_news(home: Home) -> None:
    other = Home(home.folder)
    home.head.pause(2.0, unless_changed=5.0)
    assert other.head.next_look == 5.0
    other.head.change()
    assert home.head.next_look == 2.0
    other.head.change()
    assert home.head.next_look == 2.0


def test_the_first_verdict_stands_until_it_is_taken(home: Home) -> None:
    first, second = (FamilyVerdict(Diagnosis(Kind.STALLED, text), (), frozenset()) for text in ("1", "2"))
    assert home.give(first)
    assert not home.give(second)
    assert home.take() == first
    assert home.take() is None
    assert home.give(second)


def test_directories_of_dead_runs_are_swept_up(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    dead, alive = tmp_path / f"pytest-sensei-{ended.pid}-x", tmp_path / f"pytest-sensei-{os.getpid()}-x"
    dead.mkdir()
    alive.mkdir()
    _sweep(tmp_path)
    assert (dead.exists(), alive.exists()) == (False, True)


@pytest.fixture
def recording(home: Home) -> Iterator[Record]:
    with patching.installation():
        own = Record(home.folder, home.pid, home.start)
        own.named("MainProcess", ready=True)
        semaphores.record_in(own)
        yield own
        semaphores.record_in(None)


def taken(home: Home) -> list[tuple[int, str]]:
    found = record.read_taken(home.folder, home.pid, home.start)
    return [(each.times, each.site.co_name if each.site is not None else "") for each in found]


def test_what_is_held_is_in_the_record_and_where_it_was_taken(home: Home, recording: Record) -> None:
    lock = multiprocessing.Lock()
    with lock:
        held = taken(home)
    assert held == [(1, "test_what_is_held_is_in_the_record_and_where_it_was_taken")]
    assert taken(home) == []


def test_what_is_taken_again_and_again_keeps_its_entry(home: Home, recording: Record) -> None:
    lock = multiprocessing.RLock()
    for _ in range(3):
        lock.acquire()
    assert [times for times, _ in taken(home)] == [3]
    lock.release()
    assert [times for times, _ in taken(home)] == [2]
    lock.release()
    lock.release()


def test_what_is_given_back_for_another_counts_below_nothing(home: Home, recording: Record) -> None:
    """A lock that one process takes and another gives back is nobody's for certain."""
    signal = multiprocessing.Semaphore(0)
    signal.release()
    assert [times for times, _ in taken(home)] == [-1]


def test_what_was_held_before_the_record_began_is_in_it(home: Home) -> None:
    with patching.installation():
        lock = multiprocessing.Lock()
        with lock:
            semaphores.record_in(Record(home.folder, home.pid, home.start))
            assert [times for times, _ in taken(home)] == [1]
        semaphores.record_in(None)


def test_a_full_record_keeps_what_is_held(
    home: Home, recording: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_SIZE", 128 + 4 * 24)
    first = multiprocessing.Lock()
    with first:
        for _ in range(6):
            with multiprocessing.Lock():
                pass
        assert [times for times, _ in taken(home)] == [1]


def test_a_killed_process_leaves_its_record(home: Home) -> None:
    with patching.installation():
        lock = multiprocessing.get_context("fork").Lock()
        pid = os.fork()
        if pid == 0:
            child = Home(home.folder)
            semaphores.record_in(Record(child.folder, child.pid, child.start))
            lock.acquire()
            os.kill(os.getpid(), 9)
        os.waitpid(pid, 0)
    (member,) = home.members()
    assert [each.times for each in record.read_taken(home.folder, *member)] == [1]
