"""Findings as text for a terminal: headline, picture, reason, and the hints below them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len

from pytest_sensei.diagnosis import STACK_OF, Finding, Kind, Light, Severity
from pytest_sensei.explain.evidence import story
from pytest_sensei.explain.facts import FORM_KINDS, facts, render_facts
from pytest_sensei.explain.table import render_table
from pytest_sensei.explain.text import EMPTY, Line, Look, Span, Tone, line, pad, paragraph, wrap
from pytest_sensei.explain.timeline import render_timeline, replay_command, verdict_lines
from pytest_sensei.explain.words import LIGHTS, WAIT_FOR_IT, WORDS, advice, found_after, reason, silencer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.diagnosis import Diagnosis

SCREEN = 22
"""Lines of a finding: all of it is seen at once in a terminal of 24 lines."""

_LIGHT_TONES = {
    Light.RED: Tone.ERROR,
    Light.AMBER: Tone.WARNING,
    Light.GREEN: Tone.GOOD,
    Light.BLACK: Tone.NAME,
}


def render(
    finding: Finding,
    *,
    width: int = 80,
    unicode: bool = True,
    color: bool = False,
    verbose: bool = False,
    advise: bool = True,
) -> str:
    """Draw a finding. `advise` adds what to try; a kata leaves that to its hints."""
    look = Look(width, unicode, color)
    head = _headline(finding, look)
    if finding.diagnosis.kind is Kind.EXPLORED:
        return look.paint(head)
    rows = notes(finding, verbose=verbose, advise=advise)
    column = _column(finding, rows)
    tail = [piece for label, text in rows for piece in _labelled(label, text, column, look)]
    gap = [EMPTY] if tail and finding.diagnosis.kind not in FORM_KINDS else []
    limit = None if verbose else SCREEN - len(head) - len(gap) - len(tail) - 1
    return look.paint([*head, EMPTY, *_picture(finding, look, limit, column), *gap, *tail])


def one_line(finding: Finding, *, width: int = 80, unicode: bool = True, color: bool = False) -> str:
    """A finding for the summary at the end of the run: what, in which test, and the line to look at.

    The name of the test is what one copies: it stays whole, whatever the width.
    """
    look = Look(width, unicode, color)
    title = Span(_title(finding), _tone(finding))
    test = f"  {look.clean(finding.nodeid)}"
    summary = look.clean(finding.diagnosis.summary)
    place = "".join(f" ({look.fit_path(spot, width // 3)})" for spot in finding.diagnosis.culprits[:1])
    for ending in (place, ""):
        room = width - cell_len(title.text) - cell_len(test) - 3 - cell_len(ending)
        if room >= min(cell_len(summary), 16):
            return look.paint([(title, Span(f"{test} - {look.fit(summary, room)}{ending}"))])
    return look.paint([(title, Span(test))])


def warning_lines(
    finding: Finding, *, width: int = 80, unicode: bool = True, color: bool = False
) -> list[str]:
    """A warning, which has no picture in a failure: what it is, and below that what is so and where."""
    look = Look(width, unicode, color)
    head = (Span(_title(finding), _tone(finding)), Span(f"  {look.clean(finding.nodeid)}"))
    place = "".join(f" ({look.fit_path(spot, width // 2)})" for spot in finding.diagnosis.culprits[:1])
    summary = look.fit(look.clean(finding.diagnosis.summary), width - 2 - cell_len(place))
    return [look.paint([head]), look.paint([line(f"  {summary}{place}")])]


def render_hints(
    steps: Sequence[str],
    *,
    shown: Sequence[int] = (1,),
    next_hint: str | None = None,
    width: int = 80,
    unicode: bool = True,
    color: bool = False,
) -> str:
    """Some rungs of a ladder, counted from 1, and where to get the next. Line breaks in a hint stay."""
    look = Look(width, unicode, color)
    lines: list[Line] = []
    column = 1 + len(f"hint {len(steps)} of {len(steps)}") + 3
    for number in shown:
        label = Span(f"hint {number} of {len(steps)}", Tone.HINT)
        lines += _hint_lines(label, steps[number - 1], look, column)
    if next_hint is not None and max(shown, default=0) < len(steps):
        lines.append(line(" " * column + f"next hint: {next_hint}", Tone.DIM))
    return look.paint(lines)


def render_light(light: Light, *, color: bool = False) -> str:
    """A run's light: its letter and its name, so that nobody needs the colour."""
    return Look(color=color).paint(
        [(Span(f"[{light.value}]", _LIGHT_TONES[light]), Span(f" {LIGHTS[light]}"))]
    )


def _headline(finding: Finding, look: Look) -> list[Line]:
    """Title, summary and how it was found; on as many lines as they need."""
    title = Span(_title(finding), _tone(finding))
    summary = look.clean(finding.diagnosis.summary)
    found = found_after(finding.diagnosis)
    column = 1 + cell_len(title.text) + 3
    for edge in (min(look.width, 80), look.width):
        gap = edge - 2 - column - cell_len(summary) - cell_len(found)
        if gap >= 3 and found:
            return [(Span(" "), title, Span(f"   {summary}{' ' * gap}"), Span(found, Tone.DIM))]
    lines = paragraph(title, [summary], look, column)[:4]
    return [*lines, line(" " * column + found, Tone.DIM)] if found else lines


def _title(finding: Finding) -> str:
    title = WORDS[finding.diagnosis.kind].title
    return f"{title} (warning)" if finding.severity is Severity.WARN else title


def _tone(finding: Finding) -> Tone:
    if finding.diagnosis.kind is Kind.EXPLORED:
        return Tone.GOOD
    return Tone.WARNING if finding.severity is Severity.WARN else Tone.ERROR


def _picture(finding: Finding, look: Look, limit: int | None, column: int) -> list[Line]:
    diagnosis = finding.diagnosis
    if diagnosis.kind in FORM_KINDS:
        return render_facts(facts(diagnosis), look, column)[:limit]
    if _is_timeline(diagnosis):
        return render_timeline(diagnosis, look, limit)
    lines = render_table(diagnosis, look, limit)
    if limit is None and diagnosis.schedule is not None and diagnosis.schedule.steps:
        lines += [EMPTY, *render_timeline(diagnosis, look, None)]
    return lines


def _is_timeline(diagnosis: Diagnosis) -> bool:
    return diagnosis.kind is Kind.RACE and diagnosis.schedule is not None and bool(diagnosis.schedule.steps)


def notes(finding: Finding, *, verbose: bool, advise: bool) -> list[tuple[str, str]]:
    """What stands below the picture, with labels: why, evidence, what to try, how to do it again."""
    diagnosis = finding.diagnosis
    is_race = diagnosis.kind is Kind.RACE
    rows = verdict_lines(diagnosis) if is_race else [("why", reason(diagnosis))]
    rows += [("and", text) for text in _evidence(diagnosis, verbose=verbose)]
    rows += _advice(finding) if advise else []
    schedule = diagnosis.schedule
    if schedule is not None and schedule.token:
        rows.append(("replay", replay_command(finding.nodeid, schedule.token)))
    return [(label, text) for label, text in rows if text]


def _column(finding: Finding, tail: list[tuple[str, str]]) -> int:
    """Where the texts after the labels begin: the same for the form's facts and for what is below."""
    labels = [label for label, _ in tail]
    if finding.diagnosis.kind in FORM_KINDS:
        labels += [fact.label for fact in facts(finding.diagnosis)]
    return 3 + max(map(cell_len, labels), default=0) + 2


def _labelled(label: str, text: str, column: int, look: Look) -> list[Line]:
    start = (Span("   "), Span(pad(label, column - 3), Tone.NAME))
    if label == "replay":  # to be copied: never broken by us
        return [(*start, Span(look.printable(text)))]
    first, *rest = wrap(look.clean(text), max(look.width - column - 1, 20))
    return [(*start, Span(first)), *(line(" " * column + piece) for piece in rest)]


def _evidence(diagnosis: Diagnosis, *, verbose: bool) -> list[str]:
    """What is known besides; the first two lines unless all are wanted."""
    known = [f"{resource.name}: {resource.state}" for resource in diagnosis.resources if resource.state]
    if diagnosis.kind in FORM_KINDS:
        known = []  # the form has told it
    stacks = [text for text in diagnosis.details if text.startswith(STACK_OF)]
    others = [text for text in diagnosis.details if text not in stacks]
    everything = [text for text in (*others, *known) if text not in diagnosis.summary]
    return [*everything, *stacks] if verbose else everything[:2]


def _advice(finding: Finding) -> list[tuple[str, str]]:
    is_order = finding.diagnosis.kind is Kind.RACE and story(finding.diagnosis).is_order
    rows = [("try", WAIT_FOR_IT if is_order else advice(finding.diagnosis))]
    if finding.severity is Severity.WARN:
        rows.append(("silence", silencer(finding.diagnosis.kind.group)))
    return rows


def _hint_lines(label: Span, hint: str, look: Look, column: int) -> list[Line]:
    """Prose is wrapped; an indented line is code and keeps its shape."""
    room = max(look.width - column - 1, 20)
    pieces: list[str] = []
    for raw in textwrap.dedent(hint.expandtabs(4)).strip("\n").splitlines() or [""]:
        text = look.printable(raw.rstrip())
        pieces += [text] if text.startswith(" ") else wrap(text, room)
    first = (Span(" "), label, Span(" " * (column - 1 - cell_len(label.text)) + pieces[0]))
    return [first, *(line(" " * column + piece) for piece in pieces[1:])]
