"""Frames are read of all threads, but where other interpreters run of the current one alone."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.watch import frames, ledger
from pytest_sensei.watch.graph import OUTSIDE
from pytest_sensei.watch.leaks import Alive, outliving

if TYPE_CHECKING:
    from collections.abc import Iterator

ME = threading.get_ident()


@pytest.fixture
def other() -> Iterator[threading.Thread]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, args=(20,))
    thread.start()
    yield thread
    over.set()
    thread.join()


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreters = SimpleNamespace(list_all=lambda: [0, 1])
    monkeypatch.setitem(sys.modules, frames._INTERPRETERS[0], interpreters)  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "_current_frames", lambda: pytest.fail("not to be called"))


def test_one_interpreter_tells_all_frames(other: threading.Thread) -> None:
    assert {ME, other.ident} <= frames.current().keys()
    assert {ME, other.ident} <= frames.idents()
    assert not frames.are_partial()


@pytest.mark.usefixtures("several")
def test_of_several_interpreters_only_the_own_frame_is_read(other: threading.Thread) -> None:
    assert frames.are_partial()
    assert {ident: frame.f_code.co_name for ident, frame in frames.current().items()} == {
        ME: sys._getframe().f_code.co_name
    }
    assert {ME, other.ident} <= frames.idents()


@pytest.mark.usefixtures("several")
def test_whoever_is_not_seen_may_wake_somebody(other: threading.Thread) -> None:
    now = ledger.read()
    assert f"t{other.ident}" not in now.parties
    assert OUTSIDE in now.situation.active
    assert ledger.may_be_woken()


@pytest.mark.usefixtures("several")
def test_threads_that_outlive_their_test_are_found_all_the_same(other: threading.Thread) -> None:
    assert other in Alive.now().threads
    assert other in outliving(())
    assert other not in outliving((other,))
