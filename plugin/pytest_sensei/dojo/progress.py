"""Where the learner stands: pure functions over the journal's rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.dojo.outcome import headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_sensei.diagnosis import JSONObject, Light
    from pytest_sensei.dojo.journal import Event, Run
    from pytest_sensei.dojo.katas import Kata

STARTED = "started"  # what an event of the journal can be
HINT = "hint"
SOLUTION = "solution"
RESET = "reset"
RESTORE = "restore"
UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the learner stands with one kata."""

    kata: Kata
    runs: int = 0
    hints: int = 0
    light: Light | None = None  # of the last run that was closed
    says: str = ""  # the last run's finding, in a few words
    done: bool = False
    saw_solution: bool = False
    killed: int = 0  # runs that never ended

    @property
    def mark(self) -> str:
        """The light's letter, or a dot."""
        return self.light.value if self.light else "."


@dataclass(frozen=True, slots=True)
class Progress:
    """All katas, and which one is current."""

    standings: tuple[Standing, ...]
    current: Standing | None  # None: all are done

    @property
    def done(self) -> int:
        """The number of katas that are solved."""
        return sum(standing.done for standing in self.standings)

    def of(self, kata: Kata) -> Standing:
        """Give the standing of a kata."""
        return next(standing for standing in self.standings if standing.kata == kata)


@dataclass(frozen=True, slots=True)
class Rung:
    """The hint to show next: its text, and where on its ladder it stands."""

    ladder: tuple[str, ...]
    number: int  # of the rung to show, from 1
    fresh: bool  # False: all were shown before, this is the last one again

    @property
    def text(self) -> str:
        """The hint."""
        return self.ladder[self.number - 1]


def progress(katas: Sequence[Kata], runs: Sequence[Run], events: Sequence[Event]) -> Progress:
    """Tell the standing of every kata, and the current one."""
    standings = tuple(_standing(kata, _for(kata, runs), _for(kata, events)) for kata in katas)
    return Progress(standings, _current(standings, runs, events))


def next_after(standings: Sequence[Standing], current: Standing | None) -> Standing | None:
    """Give the first kata that is not done after the current one, then from the beginning."""
    at = standings.index(current) + 1 if current in standings else 0
    in_turn = (*standings[at:], *standings[:at])
    return next((each for each in in_turn if not each.done and each != current), None)


def next_rung(runs: Sequence[Run], events: Sequence[Event]) -> Rung | None:
    """Give the rung to show for the last diagnosis of a kata, after what was shown of its ladder."""
    ladder = next((run.outcome.ladder for run in reversed(runs) if run.outcome is not None), ())
    if not ladder:
        return None
    shown = _shown(ladder, runs, events)
    return Rung(ladder, min(shown + 1, len(ladder)), fresh=shown < len(ladder))


def ladder_id(ladder: Sequence[str]) -> str:
    """Name a ladder by its content, so that what was shown of it is remembered."""
    return hashlib.sha256("\0".join(ladder).encode()).hexdigest()[:12]


def to_json(standing: Standing) -> JSONObject:
    """Turn a standing into plain JSON values."""
    kata = standing.kata
    return {
        "number": kata.number,
        "name": kata.name,
        "title": kata.title,
        "part": kata.part,
        "file": str(kata.stub),
        "light": standing.light.value if standing.light else None,
        "done": standing.done,
        "runs": standing.runs,
        "hints": standing.hints,
        "saw_solution": standing.saw_solution,
        "says": standing.says,
    }


def _for(kata: Kata, rows: Iterable[_Row]) -> list[_Row]:
    return [row for row in rows if row.kata == kata.name]


def _standing(kata: Kata, runs: Sequence[Run], events: Sequence[Event]) -> Standing:
    closed = [run for run in runs if run.outcome is not None]
    last = closed[-1].outcome if closed else None
    fresh_since = max((event.at for event in events if event.what == RESET), default=0.0)
    undone = max((event.at for event in events if event.what in {UNDO, RESTORE}), default=0.0)
    since = 0.0 if undone > fresh_since else fresh_since
    valid = [run for run in closed if run.started >= since]
    return Standing(
        kata=kata,
        runs=len(runs),
        hints=sum(event.what == HINT for event in events),
        light=last.light if last and valid else None,
        says=headline(last) if last and valid else "",
        done=any(run.outcome is not None and run.outcome.done for run in valid),
        saw_solution=any(event.what == SOLUTION for event in events),
        killed=sum(run.ended is None for run in runs),
    )


def _current(standings: Sequence[Standing], runs: Sequence[Run], events: Sequence[Event]) -> Standing | None:
    """The kata that was touched last, when it is not done; else the next after it."""
    touched = [(run.started, run.kata) for run in runs]
    touched += [(event.at, event.kata) for event in events if event.what == STARTED]
    known = {standing.kata.name: standing for standing in standings}
    latest = next((known[name] for _, name in sorted(touched, reverse=True) if name in known), None)
    if latest is not None and not latest.done:
        return latest
    return next_after(standings, latest)


def _shown(ladder: Sequence[str], runs: Sequence[Run], events: Sequence[Event]) -> int:
    """Count the rungs of a ladder that were shown, by runs and by `kata hint`."""
    name = ladder_id(ladder)
    by_runs = [run.outcome.shown for run in runs if run.outcome and run.outcome.ladder == tuple(ladder)]
    by_hint: list[int] = [
        event.detail.get("rung", 0) for event in events if event.detail.get("ladder") == name
    ]
    return max([0, *by_runs, *by_hint])


if TYPE_CHECKING:
    from typing import TypeVar

    _Row = TypeVar("_Row", Run, Event)
