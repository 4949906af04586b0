"""`kata replay`: the attempts at a kata as differences from run to run, with their lights."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape

from pytest_sensei.dojo import telling
from pytest_sensei.dojo.reading import unified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_sensei.diagnosis import JSONObject
    from pytest_sensei.dojo.journal import Run
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.screen import Screen


@dataclass(frozen=True, slots=True)
class Step:
    """A run, and what changed in the learner's file since the run before."""

    run: Run
    difference: str  # empty: the file was the same


def steps(runs: Sequence[Run], snapshot: Callable[[str], bytes | None], name: str) -> list[Step]:
    """Give the runs of a kata with the way from each to the next."""
    found = []
    before: str | None = None
    for run in runs:
        content = snapshot(run.snapshot) if run.snapshot else None
        now = None if content is None else content.decode("utf-8", "replace")
        found.append(Step(run, "" if now is None else unified(before or "", now, f"before/{name}", name)))
        before = now if now is not None else before
    return found


def to_json(step: Step) -> JSONObject:
    """Turn a step into plain JSON values."""
    return {**telling.run_json(step.run), "difference": step.difference}


def show(screen: Screen, kata: Kata, found: Sequence[Step]) -> None:
    """Show the steps: one at a time on a terminal, all of them elsewhere."""
    if not found:
        screen.line(f"the journal has no run of {kata.name} yet")
    for number, step in enumerate(found, 1):
        screen.marked(f"[bold]{number} of {len(found)}[/]  {telling.run_line(step.run)}")
        if step.difference:
            screen.code(step.difference, "diff")
        else:
            screen.marked(escape("the file was the same"))
        if number < len(found) and not _goes_on(screen):
            return


def _goes_on(screen: Screen) -> bool:
    if screen.plain or not sys.stdin.isatty():
        screen.line()
        return True
    try:
        return not screen.console.input("Enter: next, q: quit ").strip().lower().startswith("q")
    except (EOFError, KeyboardInterrupt):
        return False
