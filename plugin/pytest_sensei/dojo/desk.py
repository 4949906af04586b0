"""The learner's desk: the workspace, its journal and the screen, as the commands of `kata` use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_sensei.dojo import progress as standing
from pytest_sensei.dojo import telling
from pytest_sensei.dojo.journal import Journal, JournalError
from pytest_sensei.dojo.running import run_katas
from pytest_sensei.dojo.screen import Screen
from pytest_sensei.dojo.workspace import Workspace, WorkspaceError, find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from pytest_sensei.dojo.journal import Event, Run
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.progress import Progress, Rung

    _T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every command has at hand. A journal in trouble is a warning, never the end of a command."""

    workspace: Workspace
    journal: Journal
    screen: Screen = field(default_factory=Screen)
    _warned: set[str] = field(default_factory=set)

    @classmethod
    def here(cls) -> Desk:
        """Find the katas at or above the working directory. Raises WorkspaceError."""
        workspace = find_workspace(Path.cwd())
        return cls(workspace, Journal(workspace.root))

    @classmethod
    def anywhere(cls) -> Desk:
        """For commands that need no katas."""
        return cls(Workspace(Path.cwd(), ()), Journal(Path.cwd()))

    def kata(self, name: str | None) -> Kata:
        """Give the named kata, or the one the learner stands in, or the current one."""
        if name is not None:
            return self.workspace.find(name)
        here = Path.cwd()
        inside = next((kata for kata in self.workspace.katas if here.is_relative_to(kata.folder)), None)
        if inside is not None:
            return inside
        current = self.progress().current
        if current is None:
            raise WorkspaceError("all katas are done: name one, as in `kata run 3`")
        return current.kata

    def progress(self) -> Progress:
        """Tell where the learner stands."""
        return standing.progress(self.workspace.katas, self.runs(), self.events())

    def runs(self, kata: Kata | None = None) -> list[Run]:
        """Give the runs in the journal, oldest first."""
        return self._trying(lambda: self.journal.runs(kata.name if kata else None), [])

    def events(self, kata: Kata | None = None) -> list[Event]:
        """Give the events in the journal, oldest first."""
        return self._trying(lambda: self.journal.events(kata.name if kata else None), [])

    def snapshot(self, digest: str) -> bytes | None:
        """Give a learner's file as it was at a run, if the journal has it."""
        return self._trying(lambda: self.journal.snapshot(digest), None)

    def note(self, kata: Kata, what: str, **detail: Any) -> None:
        """Write an event into the journal."""
        self._trying(lambda: self.journal.add_event(kata.name, what, **detail), None)

    def run(self, kata: Kata, options: Sequence[str] = (), *, told: bool = True) -> int:
        """Run a kata's tests on this terminal, tell the light and the next step; return the exit code."""
        finished = run_katas([kata], options)
        outcome = next((each for each in finished.outcomes if each.kata == kata.name), None)
        if told and (outcome is not None or finished.exit_code < 0):
            self.screen.line()
            telling.run_end(self.screen, kata, outcome)
        return finished.exit_code

    def hints(self, kata: Kata, *, all_: bool = False) -> list[Rung]:
        """Give the rungs to show now, and remember that they were shown."""
        rung = standing.next_rung(self.runs(kata), self.events(kata))
        if rung is None:
            return []
        numbers = range(1, len(rung.ladder) + 1) if all_ else [rung.number]
        if rung.fresh:
            name = standing.ladder_id(rung.ladder)
            self.note(kata, standing.HINT, ladder=name, rung=max(numbers))
        return [standing.Rung(rung.ladder, number, fresh=all_ or rung.fresh) for number in numbers]

    def no_hint(self, kata: Kata) -> str:
        """Say why there is no hint to show."""
        runs = self.runs(kata)
        if not runs:
            return f"a hint answers a diagnosis: run the tests first (kata run {kata.number})"
        if self.progress().of(kata).done:
            return f"{kata.name} is green: there is nothing to hint at. next: kata next"
        if runs[-1].outcome is not None and runs[-1].outcome.excused:
            return f"no test of {kata.name} could run here: kata doctor says what is missing"
        return f"the last run left no hint: run the tests again (kata run {kata.number})"

    def _trying(self, action: Callable[[], _T], otherwise: _T) -> _T:
        try:
            result = action()
        except JournalError as error:
            self._warn(str(error))
            return otherwise
        for notice in self.journal.notices:
            self._warn(notice)
        self.journal.notices.clear()
        return result

    def _warn(self, text: str) -> None:
        """Once: the same trouble meets every look at the journal."""
        if text not in self._warned:
            self._warned.add(text)
            self.screen.warn(f"the journal: {text}")
