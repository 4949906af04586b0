"""One screen of `kata watch`: the light, the diagnosis, the hint, the keys; the most important first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.markup import escape

from pytest_sensei.diagnosis import Light, Severity
from pytest_sensei.dojo.katas import shown
from pytest_sensei.dojo.outcome import headline, sentence
from pytest_sensei.dojo.screen import LIGHT_WORDS, heading, light_tag
from pytest_sensei.explain import jsonl, terminal

if TYPE_CHECKING:
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome
    from pytest_sensei.dojo.progress import Standing
    from pytest_sensei.dojo.screen import Screen

KEYS = "keys   n next   h hint   r run again   l list   o whole output   q quit"
_TAIL = 15  # lines of a run that could not say how it ended


def begin(screen: Screen, kata: Kata) -> None:
    """Say that a run has begun."""
    screen.clear()
    screen.marked(f"[bold]{escape(heading(kata))}[/]  running, {time.strftime('%H:%M:%S')}")
    screen.line(f"edit   {shown(kata.stub)}")


def result(
    screen: Screen, kata: Kata, outcome: Outcome | None, output: str, following: Standing | None
) -> None:
    """Show how a run ended."""
    screen.clear()
    screen.marked(_first_line(kata, outcome))
    if outcome is None:
        screen.raw("\n".join(output.splitlines()[-_TAIL:]))
    elif outcome.light is Light.GREEN:
        _green(screen, outcome, following)
    else:
        _trouble(screen, kata, outcome)
    screen.line()
    screen.line(KEYS)


def _first_line(kata: Kata, outcome: Outcome | None) -> str:
    light = outcome.light if outcome else None
    word = LIGHT_WORDS[light] if light else "the run ended without a word"
    count = f"  {outcome.passed} of {len(outcome.tests)} tests pass" if outcome and outcome.tests else ""
    return f"{light_tag(light)} {word}  [bold]{escape(heading(kata))}[/]{count}  {time.strftime('%H:%M:%S')}"


def _green(screen: Screen, outcome: Outcome, following: Standing | None) -> None:
    screen.line()
    screen.line(headline(outcome))
    if following is not None:
        screen.line(f"press n to go on to {heading(following.kata)}, or keep improving this one")
    else:
        screen.line("all katas are done")


def _trouble(screen: Screen, kata: Kata, outcome: Outcome) -> None:
    errors = [finding for finding in outcome.findings if finding["severity"] == Severity.ERROR.value]
    failed = [test.name for test in outcome.tests if test.outcome in {"failed", "error"}]
    if outcome.trouble is not None:
        screen.line()
        screen.wrapped(outcome.trouble)
    elif errors:
        screen.line(sentence(str(errors[0]["nodeid"])))
        screen.line()
        picture = terminal.render(
            jsonl.from_json(errors[0]),
            width=screen.console.width,
            unicode=screen.unicode,
            color=not screen.plain,
            advise=False,
        )
        screen.raw(picture)
    elif failed:
        screen.line(sentence(failed[0]))
        screen.line()
        screen.raw(outcome.failure)
    if len(failed) > 1:
        screen.line()
        screen.line(f"{len(failed) - 1} more wait")
    _hint(screen, kata, outcome)


def _hint(screen: Screen, kata: Kata, outcome: Outcome) -> None:
    if not outcome.ladder or not outcome.shown:
        return
    screen.line()
    hints = terminal.render_hints(
        outcome.ladder,
        shown=range(1, outcome.shown + 1),
        next_hint=f"press h, or kata hint {kata.number}",
        width=screen.console.width,
        unicode=screen.unicode,
        color=not screen.plain,
    )
    screen.raw(hints)
