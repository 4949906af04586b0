"""Who lost a parent is known by the tag, also when the first look came at a bad moment."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.watch import procfs
from pytest_sensei.watch.strays import Strays

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not procfs.visible(), reason="environments are seen in /proc only")

ORPHAN = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL).pid)"


@pytest.fixture
def strays() -> Iterator[Strays]:
    strays = Strays(os.getpid())
    strays.open()
    yield strays
    strays.close()


@pytest.fixture
def orphan(strays: Strays) -> Iterator[int]:
    told = subprocess.run([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, check=True)
    pid = int(told.stdout)
    yield pid
    os.kill(pid, 9)


def test_an_orphan_is_found(strays: Strays, orphan: int) -> None:
    assert orphan in strays.find()


def test_who_executes_a_program_just_now_is_waited_for(
    strays: Strays, orphan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = procfs.environment
    looked = []

    def executing(pid: int) -> list[str]:
        looked.append(pid)
        return environment(pid) if looked.count(pid) > 3 else []

    monkeypatch.setattr(procfs, "environment", executing)
    assert orphan in strays.find()


def test_who_has_no_environment_for_long_is_waited_for_once(
    strays: Strays, orphan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "environment", lambda _: [])
    assert strays.find() == []
    monkeypatch.setattr("pytest_sensei.watch.patience.runtime.real_sleep", pytest.fail)
    assert strays.find() == []
    assert orphan in strays.unclear


def test_who_has_ended_is_not_unclear(strays: Strays, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_candidates", lambda: iter([ended]))
    with subprocess.Popen(["true"]) as program:
        ended = program.pid
        os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
        assert strays.find() == []
        assert not strays.unclear


def test_who_was_seen_without_an_environment_is_asked_again(
    strays: Strays, orphan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as executing:
        executing.setattr(procfs, "environment", lambda _: [])
        assert strays.find() == []
        assert orphan in strays.unclear
    assert orphan in strays.find()
    assert orphan not in strays.unclear


def test_who_has_another_environment_is_a_stranger(
    strays: Strays, orphan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as foreign:
        foreign.setattr(procfs, "environment", lambda _: ["HOME=/"])
        assert strays.find() == []
    assert orphan not in strays.find()
