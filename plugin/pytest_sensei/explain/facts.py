"""Labelled facts about one thing: the picture of leaks and of lost exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from pytest_sensei.diagnosis import Diagnosis, Kind
from pytest_sensei.explain.text import Line, Look, Span, Tone, pad
from pytest_sensei.explain.words import actor_names

if TYPE_CHECKING:
    from pytest_sensei.diagnosis import Place

_INDENT = 3
_MADE = {
    Kind.LEAKED_POOL: "made",
    Kind.LEAKED_PIPE_END: "opened",
    Kind.LEAKED_SHARED_MEMORY: "made",
}
_WHERE = {"waiting": "waits in", "sleeping": "sleeps in", "running": "runs in", "ended": "raised in"}


class Fact(NamedTuple):
    """A label with a place, or with words."""

    label: str
    place: Place | None = None
    text: str = ""


FORM_KINDS = frozenset(
    {
        Kind.LEAKED_THREAD,
        Kind.LEAKED_PROCESS,
        Kind.LEAKED_POOL,
        Kind.ZOMBIE,
        Kind.ORPHAN,
        Kind.LEAKED_PIPE_END,
        Kind.LEAKED_SHARED_MEMORY,
        Kind.LOST_EXCEPTION,
        Kind.SPINNING,
    }
)


def facts(diagnosis: Diagnosis) -> list[Fact]:
    """Where it was made and where it is now; for an exception the other way round."""
    made = _made(diagnosis)
    now = _now(diagnosis)
    first = [*now, *made] if diagnosis.kind in {Kind.LOST_EXCEPTION, Kind.SPINNING} else [*made, *now]
    return [*first, *_states(diagnosis), *_others(diagnosis)]


def render_facts(rows: list[Fact], look: Look, column: int) -> list[Line]:
    """One line a fact, its text at `column`; places and sources below each other."""
    room = look.width - column - 1
    sources = max((cell_len(look.clean(row.place.source)) for row in rows if row.place), default=0)
    full = max((cell_len(look.fit_path(row.place, 10_000)) for row in rows if row.place), default=0)
    place = min(full, max(room - 3 - min(sources, look.width * 2 // 5), 12))
    return [_fact_line(row, column, place, room, look) for row in rows]


def _fact_line(row: Fact, column: int, place: int, room: int, look: Look) -> Line:
    start = (Span(" " * _INDENT), Span(pad(row.label, column - _INDENT), Tone.NAME))
    if row.place is None:
        return (*start, Span(look.fit(look.clean(row.text), room)))
    source = look.fit(look.clean(row.place.source), max(room - place - 3, 0))
    return (*start, Span(pad(look.fit_path(row.place, place), place) + "   ", Tone.DIM), Span(source))


def _made(diagnosis: Diagnosis) -> list[Fact]:
    """Where it came from: told with the resource, or the culprit that is not where it is now."""
    now = [fact.place for fact in _now(diagnosis)]
    places = [resource.created for resource in diagnosis.resources if resource.created]
    places += [place for place in diagnosis.culprits if place not in now]
    is_job = any(resource.type == "job" for resource in diagnosis.resources)
    label = "given" if is_job else _MADE.get(diagnosis.kind, "started")
    return [Fact(label, place) for place in places[:1]]


def _now(diagnosis: Diagnosis) -> list[Fact]:
    actor = next(iter(diagnosis.actors), None)
    if actor is None:
        return []
    label = _WHERE.get(actor.state, "is in")
    places = [wait.place for wait in diagnosis.waits if wait.actor == actor.id and wait.place]
    if actor.place is not None and not places:
        places = [actor.place]
    return [Fact(label, place) for place in places]


def _states(diagnosis: Diagnosis) -> list[Fact]:
    return [
        Fact("state", text=resource.state)
        for resource in diagnosis.resources
        if resource.state is not None and resource.created is not None
    ]


def _others(diagnosis: Diagnosis) -> list[Fact]:
    names = list(actor_names(diagnosis).values())
    return [Fact("also", text=", ".join(names[1:]))] if len(names) > 1 else []
