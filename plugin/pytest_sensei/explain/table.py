"""Who holds and waits for what, as a table: the picture of deadlocks, stalls, timeouts and lock orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind
from pytest_sensei.explain.text import Line, Look, Span, Tone, base_name, line, pad
from pytest_sensei.explain.words import actor_names, resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_sensei.diagnosis import Place, Resource

_INDENT = 3
_STATES = {"running": "runs", "sleeping": "sleeps", "ended": "ended", "waiting": "waits", "unknown": "is at"}


class Row(NamedTuple):
    """One fact about an actor."""

    verb: str
    what: str
    place: Place | None
    tone: Tone
    brief: str = ""  # `what` for a full line: without the type


def actor_rows(diagnosis: Diagnosis, actor: Actor) -> list[Row]:
    """What an actor holds, then what it waits for, or else where it is."""
    things = {resource.id: resource for resource in diagnosis.resources}
    rows = [
        _edge_row(_hold_verb(diagnosis, actor), things.get(hold.resource), hold.place, Tone.HELD)
        for hold in diagnosis.holds
        if hold.actor == actor.id
    ]
    waits = [wait for wait in diagnosis.waits if wait.actor == actor.id]
    rows += [
        _edge_row(_wait_verb(diagnosis.kind, thing), thing, wait.place, Tone.BLOCKED)
        for wait in waits
        for thing in [things.get(wait.resource)]
    ]
    if not waits and (not rows or actor.state == "ended" or actor.place is not None):
        note = "without giving it back" if rows and actor.state == "ended" else ""
        rows.append(Row(_STATES.get(actor.state, actor.state), note, actor.place, Tone.PLAIN))
    return rows


def _edge_row(verb: str, thing: Resource | None, place: Place | None, tone: Tone) -> Row:
    if thing is None:
        return Row(verb, "", place, tone)
    return Row(verb, resource_name(thing), place, tone, thing.name)


def render_table(diagnosis: Diagnosis, look: Look, limit: int | None) -> list[Line]:
    """The actors in order; as many as `limit` lines hold, the others counted."""
    names = actor_names(diagnosis)
    groups = [(names[actor.id], actor_rows(diagnosis, actor)) for actor in diagnosis.actors]
    shown = _that_fit(groups, limit)
    lines = _layout(groups[:shown], look)
    hidden = len(groups) - shown
    if hidden:
        lines.append(line(" " * _INDENT + f"and {hidden} more (-v shows them)", Tone.DIM))
    return lines


def edge_verbs(diagnosis: Diagnosis) -> tuple[dict[str, str], dict[str, str]]:
    """What a holder does, by actor, and what a waiter does, by resource: the words of the picture."""
    holds = {actor.id: _hold_verb(diagnosis, actor) for actor in diagnosis.actors}
    waits = {thing.id: _wait_verb(diagnosis.kind, thing) for thing in diagnosis.resources}
    return holds, waits


def _that_fit(groups: list[tuple[str, list[Row]]], limit: int | None) -> int:
    """How many groups fit into `limit` lines, one kept for the count of the others."""
    heights = [len(rows) for _, rows in groups]
    if limit is None or sum(heights) <= limit:
        return len(groups)
    room, shown = limit - 1, 0
    for height in heights:
        room -= height
        if room < 0:
            break
        shown += 1
    return max(shown, 1)


def _hold_verb(diagnosis: Diagnosis, actor: Actor) -> str:
    if diagnosis.kind is Kind.LOCK_ORDER:
        return "takes"
    if diagnosis.kind in {Kind.NO_EOF, Kind.FULL_PIPE}:
        return "keeps"
    return "took" if actor.state == "ended" else "holds"


STREAMS = {"Connection", "Queue", "JoinableQueue", "SimpleQueue", "Pipe"}


def _wait_verb(kind: Kind, resource: Resource | None) -> str:
    if kind is Kind.LOCK_ORDER:
        return "then"
    if resource is not None and resource.type in {"Thread", "Process"}:
        return "joins"
    if resource is not None and resource.type not in STREAMS:
        return "waits"
    return {Kind.NO_EOF: "reads", Kind.FULL_PIPE: "writes"}.get(kind, "waits")


class _Widths(NamedTuple):
    name: int
    verb: int
    what: int
    place: int
    source: int


def _layout(groups: list[tuple[str, list[Row]]], look: Look) -> list[Line]:
    cleaned = [(look.clean(name), [_cleaned(row, look) for row in rows]) for name, rows in groups]
    widths = _measure(cleaned, look)
    if widths is None:
        cleaned = [
            (name, [row._replace(what=row.brief or row.what) for row in rows]) for name, rows in cleaned
        ]
        widths = _squeeze(cleaned, look)
    return [
        _row_line(name if index == 0 else "", _branch(index, len(rows), look), row, widths, look)
        for name, rows in cleaned
        for index, row in enumerate(rows)
    ]


def _cleaned(row: Row, look: Look) -> Row:
    return row._replace(what=look.clean(row.what), brief=look.clean(row.brief))


def _measure(groups: list[tuple[str, list[Row]]], look: Look) -> _Widths | None:
    """The widths if every column gets what it needs."""
    rows = [row for _, group in groups for row in group]
    name = _widest([name for name, _ in groups])
    verb = _widest([row.verb for row in rows])
    what = _widest([row.what for row in rows if row.place])
    place = _widest([look.fit_path(row.place, 10_000) for row in rows if row.place])
    source = _widest([look.clean(row.place.source) for row in rows if row.place])
    needed = name + 3 + verb + 2 + what + 2 + place + 3 + source
    return _Widths(name, verb, what, place, source) if needed <= look.width - _INDENT - 1 else None


def _squeeze(groups: list[tuple[str, list[Row]]], look: Look) -> _Widths:
    """Share the width: names and things up to a cap; a file's name stays whole as long as it can."""
    full = _measure(groups, look)
    if full is not None:
        return full
    rows = [row for _, group in groups for row in group]
    name = min(_widest([name for name, _ in groups]), look.width * 24 // 100)
    verb = _widest([row.verb for row in rows])
    what = min(_widest([row.what for row in rows if row.place]), look.width * 24 // 100)
    room = look.width - _INDENT - 1 - (name + 3 + verb + 2 + what + 2 + 3)
    places = [row.place for row in rows if row.place]
    source = min(_widest([look.clean(place.source) for place in places]), look.width // 4)
    base = min(_widest([base_name(place) for place in places]), room - 10)
    full_path = _widest([look.fit_path(place, 10_000) for place in places])
    width = _widest([look.fit_path(place, min(full_path, max(room - source, base, 12))) for place in places])
    return _Widths(name, verb, what, width, max(room - width, 0))


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _branch(index: int, count: int, look: Look) -> str:
    first, middle, last = look.branches
    if index == 0:
        return first
    return last if index == count - 1 else middle


def _row_line(name: str, branch: str, row: Row, widths: _Widths, look: Look) -> Line:
    start = (
        Span(" " * _INDENT),
        Span(pad(look.fit(name, widths.name), widths.name), Tone.NAME),
        Span(f" {branch} ", Tone.DIM),
        Span(pad(row.verb, widths.verb) + "  ", row.tone),
    )
    if row.place is None:
        return (*start, Span(row.what))
    return (
        *start,
        Span(pad(look.fit(row.what, widths.what), widths.what) + "  "),
        Span(pad(look.fit_path(row.place, widths.place), widths.place) + "   ", Tone.DIM),
        Span(look.fit(look.clean(row.place.source), widths.source)),
    )
