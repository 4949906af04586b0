"""`kata watch`: runs a kata's tests at every save and shows the diagnosis first. Moves on only when asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_sensei.dojo import progress as standing
from pytest_sensei.dojo import telling, watch_page
from pytest_sensei.dojo.background import Background
from pytest_sensei.dojo.katas import Kata, shown
from pytest_sensei.dojo.keys import ENDED, keys
from pytest_sensei.dojo.saves import Saves, file_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.dojo.desk import Desk
    from pytest_sensei.dojo.keys import ConsoleKeys, Keys
    from pytest_sensei.dojo.outcome import Outcome

_LOOK = 0.5  # seconds between looks at the files, where no events come
_SETTLE = 0.1  # seconds in which a change must stay the same
_BESIDE_THE_LIST = 10  # lines: the parts' names, how many are done, the keys
_AT_WORK = 0.05  # seconds between looks at a run


def watch(desk: Desk, kata: Kata, options: Sequence[str]) -> None:
    """Watch a kata, then those that the learner moves on to, until they quit."""
    current: Kata | None = kata
    try:
        with keys() as source:  # for all katas: a key that is pressed between two of them is not lost
            while current is not None:
                current = _watch_one(desk, current, options, source)
    except KeyboardInterrupt:
        desk.screen.line()


def _watch_one(desk: Desk, kata: Kata, options: Sequence[str], source: Keys | ConsoleKeys) -> Kata | None:
    with file_events(kata.folder) as wake:
        session = Session(desk, kata, options)
        session.start()
        try:
            while session.watching:
                session.step(source, wake)
        finally:
            session.end()
        return session.moves_to


class Session:
    """One kata being watched."""

    def __init__(self, desk: Desk, kata: Kata, options: Sequence[str]) -> None:
        self.watching = True
        self.moves_to: Kata | None = None
        self._desk = desk
        self._kata = kata
        self._options = ("--color=no" if desk.screen.plain else "--color=yes", *options)
        self._saves = Saves(kata)
        self._run: Background | None = None
        self._outcome: Outcome | None = None
        self._output = ""

    def start(self) -> None:
        """Start a run; one that is at work is stopped first."""
        self.end()
        watch_page.begin(self._desk.screen, self._kata)
        self._run = Background(self._kata, self._options, self._desk.screen.console.width)

    def end(self) -> None:
        """Stop what is at work."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def step(self, source: Keys | ConsoleKeys, wake: int) -> None:
        """Wait for a key, a save or the end of the run, and do what it asks for."""
        if self._saves.changed():
            self.start()
        if self._run is not None and self._run.ended:
            self._show(self._run)
        key = source.wait(self._pause(), wake)
        if key == ENDED and sys.stdin.isatty():
            self.watching = False  # the terminal is gone
        elif key:
            self._press(key)

    def _pause(self) -> float:
        if self._run is not None:
            return _AT_WORK
        return _SETTLE if self._saves.settling else _LOOK

    def _show(self, run: Background) -> None:
        self._outcome, self._output = run.outcome, run.output
        self.end()
        self._page()

    def _page(self) -> None:
        following = standing.next_after(self._standings(), self._mine())
        watch_page.result(self._desk.screen, self._kata, self._outcome, self._output, following)

    def _press(self, key: str) -> None:
        actions = {
            "n": self._next,
            "h": self._hint,
            "r": self.start,
            "l": self._list,
            "o": self._all_output,
            "q": self._quit,
        }
        actions.get(key, self._help)()

    def _next(self) -> None:
        following = standing.next_after(self._standings(), self._mine())
        if following is None:
            self._desk.screen.line("there is no other kata to do")
            return
        self.moves_to = following.kata
        self.watching = False
        self._desk.note(following.kata, standing.STARTED)

    def _hint(self) -> None:
        rungs = self._desk.hints(self._kata)
        telling.hints(self._desk.screen, self._kata, rungs)
        if not rungs:
            self._desk.screen.line(self._desk.no_hint(self._kata))

    def _list(self) -> None:
        progress, screen = self._desk.progress(), self._desk.screen
        fits = screen.plain or screen.console.height > len(progress.standings) + _BESIDE_THE_LIST
        telling.kata_list(screen, progress, None if fits else self._kata.part)
        self._help()

    def _all_output(self) -> None:
        self._desk.screen.raw(self._output)
        self._help()

    def _help(self) -> None:
        self._desk.screen.line(watch_page.KEYS)

    def _quit(self) -> None:
        self.watching = False
        self._desk.screen.line(f"{shown(self._kata.stub)} is as you left it. on again: kata watch")

    def _standings(self) -> tuple[standing.Standing, ...]:
        return self._desk.progress().standings

    def _mine(self) -> standing.Standing:
        return self._desk.progress().of(self._kata)
