"""What a process that outlives its test counts as: decided from who started it, and whether that one lives."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver

import pytest
from pytest_sensei.diagnosis import Kind
from pytest_sensei.primitives import births
from pytest_sensei.primitives.births import Way
from pytest_sensei.watch.descent import Descent
from pytest_sensei.watch.offspring import Seen, left_over, look

ROOT, INIT, FORK_SERVER = 100, 1, 150


def seen(pid: int, parent: int, starter: int | None = None, *, ended: bool = False) -> Seen:
    word = None
    if starter is not None:
        serial = 1 if starter == ROOT else 0
        word = Descent(pid, pid * 10, (starter, starter * 10), Way.PROCESS, f"p{pid}", None, serial)
    return Seen(pid, pid * 10, parent, ended, word)


CASES = {
    "a living child": ([seen(200, ROOT, ROOT)], {200: Kind.LEAKED_PROCESS}),
    "a child that nobody has told of": ([seen(200, ROOT)], {200: Kind.LEAKED_PROCESS}),
    "a child of the fork server's": ([seen(200, FORK_SERVER, ROOT)], {200: Kind.LEAKED_PROCESS}),
    "an ended child": ([seen(200, ROOT, ROOT, ended=True)], {200: Kind.ZOMBIE}),
    "a child and its child": (
        [seen(200, ROOT, ROOT), seen(300, 200, 200)],
        {200: Kind.LEAKED_PROCESS},
    ),
    "a child of an ended child": (
        [seen(200, ROOT, ROOT, ended=True), seen(300, INIT, 200)],
        {200: Kind.ZOMBIE, 300: Kind.ORPHAN},
    ),
    "a child of one that is gone": ([seen(300, INIT, 200)], {300: Kind.ORPHAN}),
    "a child of one that is gone, at the fork server's": (
        [seen(300, FORK_SERVER, 200)],
        {300: Kind.ORPHAN},
    ),
    "a program that nobody has told of": ([seen(300, INIT)], {300: Kind.ORPHAN}),
    "an ended program that the system will reap": ([seen(300, INIT, ended=True)], {}),
    "an ended child of a living child": (
        [seen(200, ROOT, ROOT), seen(300, 200, 200, ended=True)],
        {200: Kind.LEAKED_PROCESS},
    ),
}


@pytest.mark.parametrize(("family", "expected"), CASES.values(), ids=CASES)
def test_what_is_left_counts_as(family: list[Seen], expected: dict[int, Kind]) -> None:
    left = left_over(family, ROOT, lambda _: True)
    assert {each.seen.pid: each.kind for each in left} == expected


def test_what_a_fixtures_process_has_started_is_that_processs_business() -> None:
    server, helper = seen(200, ROOT, ROOT), seen(300, 200, 200)
    assert left_over([server, helper], ROOT, lambda each: each is helper) == []


def test_who_got_the_identifier_of_an_ended_starter_is_not_taken_for_it() -> None:
    orphan, stranger = seen(300, INIT, 200), Seen(200, 9_999, ROOT, False, None)
    left = left_over([orphan, stranger], ROOT, lambda each: each is orphan)
    assert [each.kind for each in left] == [Kind.ORPHAN]


def test_the_living_descendants_of_what_is_left_are_named_with_it() -> None:
    family = [seen(200, ROOT, ROOT), seen(300, 200, 200), seen(400, 300, 300)]
    (left,) = left_over(family, ROOT, lambda _: True)
    assert [each.pid for each in left.below] == [300, 400]


@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork server here"
)
def test_a_child_of_the_fork_server_is_seen_though_its_start_was_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = multiprocessing.get_context("forkserver")
    event = context.Event()
    process = context.Process(target=event.wait)
    process.start()
    with monkeypatch.context() as forgotten:
        forgotten.delitem(births.known, process.pid)
        pids = {each.pid for each in look(os.getpid(), None)}
    event.set()
    process.join()
    assert process.pid in pids
    assert forkserver._forkserver._forkserver_pid not in pids  # type: ignore[attr-defined]
