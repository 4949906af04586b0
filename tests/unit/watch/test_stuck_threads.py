"""Threads after their test: which of them nothing can end any more."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from pytest_sensei.primitives import queues
from pytest_sensei.primitives.runtime import Waiting
from pytest_sensei.watch import leaks
from pytest_sensei.watch.graph import OUTSIDE, Blocked, Situation
from pytest_sensei.watch.ledger import Ledger, Party, have_tried_since

MAIN = threading.main_thread().ident or 0
ANN, BOB = MAIN + 1, MAIN + 2
ANYBODY = None


def party(ident: int, *, waits: bool) -> Party:
    thread = threading.main_thread() if ident == MAIN else None
    wait = Waiting(object(), None) if waits else None
    return Party(f"t{ident}", ident, thread, None, sys._getframe(), wait)


def blocked(ident: int, wakers: frozenset[str] | None = ANYBODY) -> Blocked:
    return Blocked(f"t{ident}", "r1", wakers, binding=False)


def ledger_of(*waiting: Blocked, active: tuple[Any, ...] = ()) -> Ledger:
    idents = {int(wait.actor[1:]) for wait in waiting}
    others = {each for each in active if isinstance(each, int)} | {MAIN}
    parties = [party(each, waits=True) for each in idents] + [party(each, waits=False) for each in others]
    actors = {f"t{each}" if isinstance(each, int) else each for each in (*active, MAIN)}
    return Ledger({each.id: each for each in parties}, Situation(tuple(waiting), frozenset(actors)))


def test_a_thread_that_only_the_main_thread_could_wake_is_stuck() -> None:
    assert leaks.stuck_waits(ledger_of(blocked(ANN)), {ANN})


def test_threads_that_wait_for_each_other_are_stuck() -> None:
    now = ledger_of(blocked(ANN, frozenset({f"t{BOB}"})), blocked(BOB))
    assert len(leaks.stuck_waits(now, {ANN, BOB})) == 2


@pytest.mark.parametrize("other", [BOB, OUTSIDE], ids=["a thread", "outside"])
def test_whoever_runs_could_wake_it(other: object) -> None:
    assert not leaks.stuck_waits(ledger_of(blocked(ANN), active=(other,)), {ANN})


def test_a_thread_that_runs_is_not_stuck_beside_one_that_is() -> None:
    now = ledger_of(blocked(ANN, frozenset({f"t{MAIN}"})), active=(BOB,))
    assert leaks.stuck_waits(now, {ANN})
    assert not leaks.stuck_waits(now, {ANN, BOB})


def test_a_waiter_for_a_simple_queue_must_have_tried_since() -> None:
    """An item may have been handed to it already, though it has not run since and the queue looks empty."""
    now = ledger_of(blocked(ANN))
    wait = now.parties[f"t{ANN}"].wait
    assert wait is not None
    wait.resource, wait.tried = queues.SimpleQueue(), 10.0
    assert have_tried_since(now, now.blocked(), 9.0)
    assert not have_tried_since(now, now.blocked(), 11.0)
