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
    from pytest_sensei.diagnosis import JSONObject
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome
    from pytest_sensei.dojo.progress import Standing
    from pytest_sensei.dojo.screen import Screen

KEYS = "keys   n next   h hint   r run again   l list   o whole output   q quit"
_AROUND_A_FAILURE = 9  # lines: the light, the test's name, how many more wait, the keys, and what parts them
_LEAST_OF_A_FAILURE = 3  # lines of it that are shown on the smallest screen
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
    counted = outcome is not None and outcome.tests and not outcome.excused
    count = f"  {outcome.passed} of {len(outcome.tests)} tests pass" if outcome and counted else ""
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
    hint = _hint(screen, kata, outcome)
    if outcome.trouble is not None:
        screen.line()
        screen.wrapped(outcome.trouble)
    elif errors:
        screen.line(sentence(str(errors[0]["nodeid"])))
        screen.line()
        screen.raw(_picture(screen, errors[0]))
    elif failed:
        screen.line(sentence(failed[0]))
        screen.line()
        screen.raw(_end_that_fits(screen, outcome.failure, _AROUND_A_FAILURE + len(hint.splitlines())))
    if len(failed) > 1:
        screen.line()
        screen.line(f"{len(failed) - 1} more wait")
    if hint:
        screen.line()
        screen.raw(hint)


def _picture(screen: Screen, finding: JSONObject) -> str:
    return terminal.render(
        jsonl.from_json(finding),
        width=screen.console.width,
        unicode=screen.unicode,
        color=not screen.plain,
        advise=False,
    )


def _end_that_fits(screen: Screen, text: str, others: int) -> str:
    """Give the end of a failure, so long that the light above it stays on the screen."""
    lines = text.strip("\n").splitlines()
    rows = screen.console.height - others
    while not screen.plain and len(lines) > _LEAST_OF_A_FAILURE and _rows(screen, lines) > rows:
        del lines[0]
    return "\n".join(lines)


def _rows(screen: Screen, lines: list[str]) -> int:
    return sum(max(1, -(-len(line) // screen.console.width)) for line in lines)


def _hint(screen: Screen, kata: Kata, outcome: Outcome) -> str:
    if not outcome.ladder or not outcome.shown:
        return ""
    return terminal.render_hints(
        outcome.ladder,
        shown=range(1, outcome.shown + 1),
        next_hint=f"press h, or kata hint {kata.number}",
        width=screen.console.width,
        unicode=screen.unicode,
        color=not screen.plain,
    )
