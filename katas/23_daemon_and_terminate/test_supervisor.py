"""Starting and stopping children: who is asked how, in which order, and who is left."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from sys import _getframe
from typing import Any

import hard_workers as workers
import psutil
import pytest
import supervisor as answer
from pytest_sensei.dojo import stillness
from supervisor import Supervisor

METHODS = multiprocessing.get_all_start_methods()
SHARED = multiprocessing.get_context("spawn")  # what it makes can be handed to any process, however started
LONG = 5.0  # seconds; nobody needs as long as that
VERY_LONG = 60.0  # nobody has as much time as that
SHORT = 0.1  # for those who will not use it
posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="on Windows nobody can refuse to be terminated"
)


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture(autouse=True)
def nobody_oversleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the supervisor not sleep for seconds on end, where a child might end at any moment."""
    slept, tests, sleep = 0.0, os.getpid(), time.sleep

    def watched_sleep(seconds: float) -> None:
        nonlocal slept
        if os.getpid() == tests and _getframe(1).f_code.co_filename == answer.__file__:
            slept += seconds
            if slept >= LONG:
                pytest.fail(f"the supervisor wants to sleep for {slept:g} s, whether or not its children end")
        sleep(seconds)

    replace(monkeypatch, time, "sleep", watched_sleep)


@pytest.fixture(autouse=True)
def the_tests_are_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody send a signal to the process group of the tests, which may be that of a whole shell script."""
    if not hasattr(os, "killpg"):
        return
    tests, kill, killpg = os.getpgrp(), os.kill, os.killpg

    def spare(group: int, number: int) -> None:
        if number and (group or os.getpgrp()) == tests:
            pytest.fail(f"signal {number} was sent to the tests' own process group: the child is in it, too")

    def sparing_killpg(group: int, number: int) -> None:
        spare(group, number)
        killpg(group, number)

    def sparing_kill(process: int, number: int) -> None:
        if process <= 0:
            spare(tests if process == -1 else -process, number)
        kill(process, number)

    replace(monkeypatch, os, "killpg", sparing_killpg)
    replace(monkeypatch, os, "kill", sparing_kill)


def replace(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, new: Callable[..., None]) -> None:
    """Replace a function in its module, and where the answer has imported it by name."""
    old = getattr(module, name)
    monkeypatch.setattr(module, name, new)
    for theirs in [theirs for theirs, value in vars(answer).items() if value is old]:
        monkeypatch.setattr(answer, theirs, new)


class Child:
    """A child of the supervisor, at the other end of its line."""

    def __init__(self, supervisor: Supervisor, work: Callable[..., object], *arguments: Any) -> None:
        self._line, theirs = SHARED.Pipe(duplex=False)
        supervisor.start(partial(work, theirs, *arguments))
        theirs.close()
        try:
            self.pid: int = self._line.recv()
        except EOFError:
            pytest.fail(f"a child that was to run {work.__name__!r} has died: its traceback is below")

    def rest(self) -> list[Any]:
        """Return what it has said since, up to the end of the line."""
        said: list[Any] = []
        with contextlib.suppress(EOFError):
            while True:
                said.append(self._line.recv())
        return said

    def line_has_ended(self) -> bool:
        """Tell whether nobody is left who could say something; it may take a moment to see."""
        return self._line.poll(1) and self.rest() == []

    def is_there(self) -> bool:
        return psutil.pid_exists(self.pid)

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    children = []

    def start(*arguments: Any) -> Child:
        children.append(Child(*arguments))
        return children[-1]

    yield start
    for each in children:
        each.close()


def test_without_children_nobody_is_alive_and_nobody_is_stopped() -> None:
    supervisor = Supervisor()

    supervisor.stop(SHORT)
    assert supervisor.alive() == 0


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_children_may_finish_when_the_event_is_set(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    one, two = child(supervisor, workers.polite), child(supervisor, workers.polite)
    assert len({os.getpid(), one.pid, two.pid}) == 3
    assert supervisor.alive() == 2

    supervisor.stop(LONG)

    assert [one.rest(), two.rest()] == [["finished"], ["finished"]]
    assert supervisor.alive() == 0


def test_nobody_waits_longer_than_needed(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    polite = child(supervisor, workers.polite)

    supervisor.stop(VERY_LONG)

    assert polite.rest() == ["finished"]


def test_two_supervisors_have_nothing_in_common(child: Callable[..., Child]) -> None:
    one, other = Supervisor(), Supervisor()
    first, second = child(one, workers.polite), child(other, workers.polite)
    assert [one.alive(), other.alive()] == [1, 1], "each of two supervisors has started one child"

    one.stop(LONG)
    stillness.until_asleep(second.pid)  # if it was told to end, it has done so by then
    left = [one.alive(), other.alive()]
    other.stop(LONG)

    assert left == [0, 1], "one of two supervisors was stopped"
    assert [first.rest(), second.rest()] == [["finished"], ["finished"]]


def test_stopped_children_have_been_joined(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    quick, late = child(supervisor, workers.short), child(supervisor, workers.polite)

    supervisor.stop(LONG)

    assert not quick.is_there(), "a child that had ended by itself was not joined"
    assert not late.is_there(), "a child was not joined"


def test_a_child_that_has_ended_is_not_alive(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    quick, late = child(supervisor, workers.short), child(supervisor, workers.polite)

    assert quick.rest() == []
    one_is_left = becomes_true(lambda: supervisor.alive() == 1)
    supervisor.stop(LONG)

    assert one_is_left, "a child has ended, and still counts as alive"
    assert late.rest() == ["finished"]


def test_a_child_has_time_to_give_back_its_lock(child: Callable[..., Child]) -> None:
    supervisor, lock = Supervisor(), SHARED.Lock()
    child(supervisor, workers.holds, lock, os.getpid())

    supervisor.stop(LONG)

    with lock:
        pass


@posix_only
def test_a_child_that_does_not_look_at_the_event_is_terminated(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    absorbed = child(supervisor, workers.absorbed)

    supervisor.stop(0.7)

    assert not absorbed.is_there()
    assert absorbed.rest() == ["terminated"], "a child was killed that would have listened to SIGTERM"


@posix_only
def test_all_children_are_terminated_together(child: Callable[..., Child], tmp_path: Path) -> None:
    supervisor = Supervisor()
    one = child(supervisor, workers.absorbed_together, tmp_path, 1)
    two = child(supervisor, workers.absorbed_together, tmp_path, 1)

    supervisor.stop(0.7)

    assert [one.rest(), two.rest()] == [["terminated"], ["terminated"]]


@posix_only
def test_grace_is_for_all_children_together(child: Callable[..., Child]) -> None:
    supervisor, grace = Supervisor(), 0.5
    children = [child(supervisor, workers.counts) for _ in range(6)]

    supervisor.stop(grace)

    turns = [turns for child in children for turns in child.rest()]
    assert len(turns) == 6
    assert max(turns) * workers.TURN_SECONDS < 2.5 * grace, (
        "each child had as much time as all of them should have"
    )


@posix_only
def test_a_child_that_ignores_sigterm_is_killed(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    deaf, polite = child(supervisor, workers.deaf, SHARED.Event()), child(supervisor, workers.polite)

    supervisor.stop(SHORT)

    assert not deaf.is_there()
    assert not polite.is_there()
    assert supervisor.alive() == 0


@posix_only
def test_without_grace_all_steps_are_taken_at_once(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    deaf = child(supervisor, workers.deaf, SHARED.Event())

    supervisor.stop(0)

    assert not deaf.is_there()


@posix_only
def test_grandchildren_do_not_survive(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    parent = child(supervisor, workers.parent, SHARED.Event())

    supervisor.stop(SHORT)

    assert not parent.is_there()
    assert parent.line_has_ended(), "the child is gone, and a process that it had started lives on"


@posix_only
def test_grandchildren_do_not_survive_a_child_that_has_ended_properly(child: Callable[..., Child]) -> None:
    supervisor = Supervisor()
    leaving = child(supervisor, workers.leaves_a_program)

    supervisor.stop(LONG)

    assert not leaving.is_there()
    assert leaving.line_has_ended(), "the child has ended, and a program that it had started lives on"


def becomes_true(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 2
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
