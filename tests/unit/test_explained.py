"""The text of a failure that has a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finding_samples import DEADLOCK, finding
from pytest_sensei.explain import terminal
from pytest_sensei.hooks.explained import Explained

if TYPE_CHECKING:
    import pytest


def test_a_fault_in_drawing_leaves_the_finding_and_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_options: Any) -> str:
        raise ZeroDivisionError("no room")

    monkeypatch.setattr(terminal, "render", broken)
    explained = Explained([finding(DEADLOCK)], "the traceback", verbose=False, advise=True)
    text = str(explained)
    assert "deadlock-cycle: 2 threads wait for each other" in text
    assert "could not be drawn: ZeroDivisionError('no room')" in text
    assert text.endswith("the traceback")
