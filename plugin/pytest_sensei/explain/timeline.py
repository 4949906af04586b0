"""An interleaving as columns, one per thread, time running down."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from pytest_sensei.explain.evidence import Story, lock_verdict, story
from pytest_sensei.explain.text import EMPTY, Line, Look, Span, Tone, base_name, line, pad, wrap
from pytest_sensei.explain.words import actor_names, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.diagnosis import Diagnosis, Step

_INDENT = 3
_GAP = 3
_NARROWEST = 26  # cells of a column in which a place, a field and a value can still be read
_LATEST = 400  # steps considered for the one-screen picture
_VERBS = {
    "read": "read",
    "write": "wrote",
    "acquire": "took",
    "release": "gave back",
    "wait": "waits for",
    "wake": "was woken by",
    "start": "started",
    "join": "joined",
    "end": "ended",
    "raise": "raised",
}


class Moment(NamedTuple):
    """A step that is shown, with what the story says of it."""

    at: int
    step: Step
    mark: str  # "lost", "stale" or nothing
    over: str | None
    locks: tuple[str, ...]


def render_timeline(diagnosis: Diagnosis, look: Look, limit: int | None) -> list[Line]:
    """Draw the steps that matter in at most `limit` lines; all steps without a limit."""
    told = story(diagnosis)
    moments = _moments(diagnosis, told, everything=limit is None)
    total = len(diagnosis.schedule.steps) if diagnosis.schedule else 0
    while True:
        hidden = total - len(moments)
        note = [line(" " * _INDENT + f"{hidden} more steps (-v shows them)", Tone.DIM)] if hidden else []
        pictures = _pictures(moments, diagnosis, look)
        fitting = [lines for lines in pictures if limit is None or len(lines) + len(note) <= limit]
        if fitting or len(moments) <= 2:
            return [*(fitting or pictures)[0], *note]
        moments = _without_least(moments, told)


def verdict_lines(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """A race in words, and the lock that was missing."""
    rows = [("why", story(diagnosis).verdict or reason(diagnosis))]
    locks = lock_verdict(diagnosis)
    return [*rows, ("locks", locks)] if locks is not None else rows


def replay_command(nodeid: str, token: str) -> str:
    """The command that runs exactly this interleaving."""
    return f"pytest {shlex.quote(nodeid)} --sensei-replay={shlex.quote(token)}"


def _moments(diagnosis: Diagnosis, told: Story, *, everything: bool) -> list[Moment]:
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    shown = {resource.id: resource.name for resource in diagnosis.resources}
    found = [
        Moment(
            index,
            step,
            told.mark(index),
            told.over.get(index),
            tuple(shown.get(lock, lock) for lock in step.locks),
        )
        for index, step in enumerate(steps)
        if everything or step.matters
    ]
    return found if everything else found[-_LATEST:]


def _without_least(moments: list[Moment], told: Story) -> list[Moment]:
    """Drop the step that explains least; among equals the earliest."""
    least = min(moments, key=lambda moment: (_weight(moment, told), moment.at))
    return [moment for moment in moments if moment is not least]


def _weight(moment: Moment, told: Story) -> int:
    if moment.mark or moment.step.action == "raise" or moment.over is not None:
        return 3
    if moment.step.field in told.about:
        return 2
    return 1 if moment.step.action in {"read", "write"} else 0


def _pictures(moments: list[Moment], diagnosis: Diagnosis, look: Look) -> list[list[Line]]:
    """The ways to draw the steps that the width allows, the best first."""
    inner, ending = _split_ending(moments)
    names = {key: look.clean(name) for key, name in actor_names(diagnosis).items()}
    columns = [actor.id for actor in diagnosis.actors if any(m.step.actor == actor.id for m in inner)]
    room = (look.width - _INDENT - 1 - _GAP * (len(columns) - 1)) // max(len(columns), 1)
    ways = []
    if len(columns) > 1 and room >= _NARROWEST:
        ways.append(_columns(inner, columns, names, room, look))
    short = _with_short_fields(inner)
    widths = _compact_widths(short, columns, names, look)
    if len(columns) > 1 and sum(widths) + _INDENT + _NARROWEST < look.width:
        ways.append(_compact_columns(short, columns, widths, names, look))
    ways.append(_single_column(inner, names, look))
    below = _ending(ending, names, look)
    return [[*lines, *below] for lines in ways]


def _split_ending(moments: list[Moment]) -> tuple[list[Moment], list[Moment]]:
    """The failing line at the end stands below the columns, over the whole width."""
    if moments and moments[-1].step.action == "raise":
        return moments[:-1], moments[-1:]
    return moments, []


def _columns(
    moments: list[Moment], columns: Sequence[str], names: dict[str, str], room: int, look: Look
) -> list[Line]:
    heads = [Span(pad(look.fit(names[actor], room), room + _GAP), Tone.NAME) for actor in columns]
    lines: list[Line] = [(Span(" " * _INDENT), *heads)]
    last: dict[str, object] = {}
    for moment in moments:
        actor = moment.step.actor
        left = " " * (_INDENT + columns.index(actor) * (room + _GAP))
        if last.get(actor) != moment.step.place:
            lines.append((Span(left), *_place_spans(moment.step, room, look)))
        last[actor] = moment.step.place
        lines += [(Span(left), *spans) for spans in _step_cell(moment, room, look)]
    return lines


def _with_short_fields(moments: list[Moment]) -> list[Moment]:
    steps = short_fields([moment.step for moment in moments])
    return [moment._replace(step=step) for moment, step in zip(moments, steps, strict=True)]


def short_fields(steps: Sequence[Step]) -> list[Step]:
    """`count` for `Semaphore.count`, where that stays clear."""
    fields = {step.field for step in steps if step.field is not None}
    short = {field: field.rpartition(".")[2] for field in fields}
    if len(set(short.values())) < len(short):
        return list(steps)
    return [replace(step, field=short.get(step.field or "")) for step in steps]


def _compact_widths(
    moments: list[Moment], columns: Sequence[str], names: dict[str, str], look: Look
) -> list[int]:
    """What each column needs for its longest step."""
    return [
        max(
            [cell_len(names[actor]), *(cell_len(_did(m, look)) + 2 for m in moments if m.step.actor == actor)]
        )
        + _GAP
        for actor in columns
    ]


def _compact_columns(
    moments: list[Moment], columns: Sequence[str], widths: list[int], names: dict[str, str], look: Look
) -> list[Line]:
    """One line a step: the steps in columns, their places and sources at the right."""
    heads = [Span(pad(names[actor], width), Tone.NAME) for actor, width in zip(columns, widths, strict=True)]
    right = look.width - _INDENT - sum(widths) - 1
    lines: list[Line] = [(Span(" " * _INDENT), *heads)]
    for moment in moments:
        column = columns.index(moment.step.actor)
        text = pad(f"{'!' if moment.mark else ' '} {_did(moment, look)}", sum(widths[column:]))
        tone = Tone.ERROR if moment.mark else Tone.PLAIN
        left = Span(" " * (_INDENT + sum(widths[:column])))
        lines.append((left, Span(text, tone), *_place_spans(moment.step, right, look)))
    return lines


def _place_spans(step: Step, room: int, look: Look) -> Line:
    source = look.clean(step.place.source)
    base = min(cell_len(base_name(step.place)), room - 8)
    path = look.fit_path(step.place, max(room - min(cell_len(source), room // 2) - 2, base))
    return Span(path + "  ", Tone.DIM), Span(look.fit(source, room - cell_len(path) - 2))


def _step_cell(moment: Moment, room: int, look: Look) -> list[Line]:
    """`! wrote Counter.value: 1 over 1`, with the locks held at its end or on a line of their own."""
    tone = Tone.ERROR if moment.mark else Tone.PLAIN
    lead = f"{'!' if moment.mark else ' '} "
    text = _did(moment, look)
    locks = f"holds {look.clean(', '.join(moment.locks))}" if moment.locks and _is_access(moment) else ""
    if locks and cell_len(text) + cell_len(locks) + 5 <= room:
        return [(Span(lead + text, tone), Span(f"   {locks}", Tone.DIM))]
    pieces = wrap(text, room - 2)[:3]
    lines: list[Line] = [line(lead + pieces[0], tone), *(line("    " + piece, tone) for piece in pieces[1:])]
    return [*lines, line("  " + look.fit(locks, room - 2), Tone.DIM)] if locks else lines


def _is_access(moment: Moment) -> bool:
    return moment.step.action in {"read", "write"}


def describe(step: Step, look: Look, *, mark: str = "", over: str | None = None) -> str:
    """`wrote Counter.value: 1 over 1 (lost)`."""
    field = look.clean(step.field or "")
    value = look.clean(step.value or "")
    if step.action != "raise":
        value = look.fit(value, 40)
    words = [_VERBS.get(step.action, step.action)]
    if field and value:
        words.append(f"{field}: {value}")
    elif field or value:
        words.append(field or value)
    if over is not None:
        words.append(f"over {look.fit(look.clean(over), 20)}")
    if mark:
        words.append(f"({mark})")
    return " ".join(words)


def _did(moment: Moment, look: Look) -> str:
    return describe(moment.step, look, mark=moment.mark, over=moment.over)


def _single_column(moments: list[Moment], names: dict[str, str], look: Look) -> list[Line]:
    """One line a step, each with its thread's name: for narrow terminals and many threads."""
    name = min(max((cell_len(names[m.step.actor]) for m in moments), default=0), look.width // 4)
    texts = [_did(moment, look) for moment in moments]
    did = min(max(map(cell_len, texts), default=0), look.width // 2)
    room = look.width - _INDENT - name - 2 - did - 4 - 1
    return [
        _single_line(m, text, (name, did, room), names, look) for m, text in zip(moments, texts, strict=True)
    ]


def _single_line(
    moment: Moment, text: str, widths: tuple[int, int, int], names: dict[str, str], look: Look
) -> Line:
    name, did, room = widths
    return (
        Span(" " * _INDENT),
        Span(pad(look.fit(names[moment.step.actor], name), name) + " ", Tone.NAME),
        Span(f"{'!' if moment.mark else ' '} ", Tone.ERROR),
        Span(pad(look.fit(text, did), did) + "  ", Tone.ERROR if moment.mark else Tone.PLAIN),
        *_place_spans(moment.step, room, look),
    )


def _ending(moments: list[Moment], names: dict[str, str], look: Look) -> list[Line]:
    lines: list[Line] = []
    for moment in moments:
        name = look.fit(names[moment.step.actor], look.width // 4)
        column = _INDENT + cell_len(name) + 3
        room = look.width - column - 1
        lines += [
            EMPTY,
            (Span(" " * _INDENT), Span(name + "   ", Tone.NAME), *_place_spans(moment.step, room, look)),
            line(" " * column + look.fit(_did(moment, look), room), Tone.ERROR),
        ]
    return lines
