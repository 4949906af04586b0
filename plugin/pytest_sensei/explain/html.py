"""Findings as one self-contained page: nothing is loaded from anywhere, and everything foreign is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.diagnosis import Finding, Kind, Severity
from pytest_sensei.explain.evidence import story
from pytest_sensei.explain.facts import FORM_KINDS, facts
from pytest_sensei.explain.graph import render_graph
from pytest_sensei.explain.markup import Markup, element, escape, escape_lines
from pytest_sensei.explain.table import actor_rows
from pytest_sensei.explain.terminal import notes
from pytest_sensei.explain.text import Look
from pytest_sensei.explain.timeline import describe, short_fields
from pytest_sensei.explain.words import WORDS, actor_names, found_after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_sensei.diagnosis import Diagnosis, Place, Step

_HERE = Path(__file__).parent
_LOOK = Look()


def render_page(findings: Sequence[Finding], meta: Mapping[str, str]) -> str:
    """Make the page. `meta` is shown at the top as it is: the command, the date, the outcome."""
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    told = [finding for finding in findings if finding.diagnosis.kind is not Kind.EXPLORED]
    passed = [finding for finding in findings if finding.diagnosis.kind is Kind.EXPLORED]
    head = element(
        "head",
        Markup('<meta charset="utf-8"/>'),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{_count(told)} - sensei"),
        element("style", Markup(style)),
    )
    body = element(
        "body", _skip(), _header(told, meta), _main(told, passed), element("script", Markup(script))
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _policy(script: str) -> str:
    """Nothing may be loaded, and no script runs but ours: a second wall behind the escaping."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _count(findings: Sequence[Finding]) -> str:
    return {0: "No findings", 1: "1 finding"}.get(len(findings), f"{len(findings)} findings")


def _skip() -> Markup:
    return element("a", "Skip to the findings", class_="skip", href="#findings")


def _header(findings: Sequence[Finding], meta: Mapping[str, str]) -> Markup:
    facts_of_run = [element("div", element("dt", key), element("dd", value)) for key, value in meta.items()]
    parts = [element("h1", _count(findings))]
    parts += [element("dl", *facts_of_run, class_="meta")] if facts_of_run else []
    parts += [_contents(findings)] if findings else []
    return element("header", *parts)


def _contents(findings: Sequence[Finding]) -> Markup:
    entries = [
        element(
            "li",
            element(
                "a",
                element("span", _title(finding), class_=f"kind {finding.severity.value}"),
                Markup(" "),
                element("span", finding.nodeid, class_="test"),
                href=f"#finding-{number}",
            ),
        )
        for number, finding in enumerate(findings, 1)
    ]
    return element("nav", element("ol", *entries), aria_label="Findings")


def _main(told: Sequence[Finding], passed: Sequence[Finding]) -> Markup:
    articles = [_article(finding, number) for number, finding in enumerate(told, 1)]
    if not told:
        articles.append(element("p", "Nothing was found.", class_="empty"))
    if passed:
        articles.append(_explored(passed))
    return element("main", *articles, id="findings")


def _title(finding: Finding) -> str:
    title = WORDS[finding.diagnosis.kind].title.capitalize()
    return f"{title} (warning)" if finding.severity is Severity.WARN else title


def _article(finding: Finding, number: int) -> Markup:
    diagnosis = finding.diagnosis
    anchor = f"finding-{number}"
    found = found_after(diagnosis)
    head = element(
        "h2",
        element("span", _title(finding), class_=f"kind {finding.severity.value}"),
        Markup(" "),
        element("span", diagnosis.summary),
        id=f"{anchor}-h",
    )
    where = element("p", element("code", finding.nodeid), f"; {found}" if found else "", class_="where")
    parts = [
        head,
        where,
        _picture(diagnosis, anchor),
        _timeline(diagnosis, anchor),
        _notes(finding),
        _hints(finding),
    ]
    return element("article", *parts, id=anchor, aria_labelledby=f"{anchor}-h")


def _picture(diagnosis: Diagnosis, anchor: str) -> Markup:
    if diagnosis.kind in FORM_KINDS:
        return _facts(diagnosis)
    graph = Markup(render_graph(diagnosis, anchor))
    figure = element("figure", graph) if graph else Markup()
    is_race = diagnosis.kind is Kind.RACE
    return Markup(figure + ("" if is_race or not diagnosis.actors else _actors(diagnosis)))


def _facts(diagnosis: Diagnosis) -> Markup:
    rows = [
        element("tr", element("th", fact.label, scope="row"), *_place_cells(fact.place, fact.text))
        for fact in facts(diagnosis)
    ]
    return _scrolling(element("table", element("tbody", *rows), class_="facts"), "What is known")


def _actors(diagnosis: Diagnosis) -> Markup:
    names = actor_names(diagnosis)
    bodies = []
    for actor in diagnosis.actors:
        rows = actor_rows(diagnosis, actor)
        name = element("th", names[actor.id], scope="rowgroup", rowspan=str(max(len(rows), 1)))
        lines = [
            element(
                "tr",
                name if index == 0 else Markup(),
                element("td", row.verb, class_="verb"),
                element("td", row.what),
                *_place_cells(row.place),
            )
            for index, row in enumerate(rows)
        ]
        bodies.append(element("tbody", *lines))
    head = element(
        "tr", *(element("th", text, scope="col") for text in ("Who", "", "What", "Where", "Source"))
    )
    caption = element("caption", "Who holds and waits for what", class_="unseen")
    return _scrolling(
        element("table", caption, element("thead", head), *bodies, class_="actors"), "Holds and waits"
    )


def _place_cells(place: Place | None, text: str = "") -> tuple[Markup, Markup]:
    if place is None:
        return element("td", text), element("td")
    spot = element("td", f"{place.file}:{place.line}", class_="place")
    return spot, element("td", element("code", place.source))


def _scrolling(table: Markup, label: str) -> Markup:
    """A wide table scrolls by itself, and can be reached with the keyboard to do so."""
    return element("div", table, class_="wide", role="region", tabindex="0", aria_label=label)


def _timeline(diagnosis: Diagnosis, anchor: str) -> Markup:
    schedule = diagnosis.schedule
    if schedule is None or not schedule.steps:
        return Markup()
    names = actor_names(diagnosis)
    acting = _acting(diagnosis)
    heads = ["Step", *(names[actor] for actor in acting), "Where", "Source"]
    rows = [_step_row(row, acting) for row in _rows(diagnosis)]
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    caption = element("caption", "The interleaving, from top to bottom", class_="unseen")
    table = element("table", caption, element("thead", head), element("tbody", *rows))
    minor = any(not step.matters for step in schedule.steps)
    return element(
        "section",
        element("h3", "The interleaving", id=f"{anchor}-i"),
        _controls(minor=minor),
        element(
            "div",
            table,
            class_="wide",
            role="group",
            tabindex="0",
            aria_label="Steps; arrow keys go through them",
        ),
        element("p", class_="now", role="status"),
        class_="timeline",
        aria_labelledby=f"{anchor}-i",
    )


def _controls(*, minor: bool) -> Markup:
    buttons = [
        element("button", text, type="button", data_go=go)
        for text, go in (("First", "first"), ("Back", "back"), ("Next", "next"), ("All", "all"))
    ]
    keys = element("span", "Arrow keys, Home and End step through; Escape shows all again.", class_="keys")
    box = element("label", Markup('<input type="checkbox"/> '), "every step, not only those that matter")
    return element("div", *buttons, keys, box if minor else Markup(), class_="controls")


def _acting(diagnosis: Diagnosis) -> list[str]:
    """Whose steps have a column: not who only starts the others and fails at the end."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    busy = {step.actor for step in steps if step.matters and step.action != "raise"}
    some = busy or {step.actor for step in steps}
    return [actor.id for actor in diagnosis.actors if actor.id in some]


class _Row(NamedTuple):
    """A step, and what is said of it."""

    number: int
    step: Step
    who: str
    text: str
    marked: bool
    state: str


def _rows(diagnosis: Diagnosis) -> list[_Row]:
    told = story(diagnosis)
    names = actor_names(diagnosis)
    states = _states(diagnosis)
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    crowded = len(_acting(diagnosis)) > 2
    return [
        _Row(
            index + 1,
            step,
            names.get(step.actor, step.actor),
            describe(step, _LOOK, mark=told.mark(index), over=told.over.get(index)),
            bool(told.mark(index)) or step.action == "raise",
            states[index],
        )
        for index, step in enumerate(short_fields(steps) if crowded else steps)
    ]


def _step_row(row: _Row, acting: list[str]) -> Markup:
    cells = [element("td", row.text if actor == row.step.actor else "", class_="act") for actor in acting]
    if row.step.actor not in acting:
        cells = [element("td", f"{row.who} {row.text}", class_="act", colspan=str(len(acting)))]
    classes = [name for name, on in (("marked", row.marked), ("minor", not row.step.matters)) if on]
    return element(
        "tr",
        element("th", str(row.number), scope="row"),
        *cells,
        *_place_cells(row.step.place),
        class_=" ".join(classes) or None,
        data_say=f"{row.who} {row.text}",
        data_state=row.state,
    )


def _states(diagnosis: Diagnosis) -> list[str]:
    """After each step: the values that were seen last, and the locks that its thread held."""
    shown = {resource.id: resource.name for resource in diagnosis.resources}
    values: dict[str, str] = {}
    states = []
    for step in diagnosis.schedule.steps if diagnosis.schedule else ():
        if step.action in {"read", "write"} and step.field and step.value is not None:
            values[step.field] = step.value
        held = [shown.get(lock, lock) for lock in step.locks]
        texts = [f"{field} = {value}" for field, value in values.items()]
        states.append(", ".join([*texts, f"holds {' and '.join(held)}"] if held else texts))
    return states


def _notes(finding: Finding) -> Markup:
    rows = notes(finding, verbose=True, advise=not finding.hints)
    return element("dl", *(_note(label, text) for label, text in rows), class_="notes") if rows else Markup()


def _note(label: str, text: str) -> Markup:
    body = element("code", text, class_="command") if label == "replay" else escape(text)
    return element("div", element("dt", label), element("dd", body))


def _hints(finding: Finding) -> Markup:
    """Closed, one by one: nobody is told more than they ask for."""
    total = len(finding.hints)
    return Markup(
        "".join(
            element(
                "details", element("summary", f"Hint {number} of {total}"), element("div", _hint_text(hint))
            )
            for number, hint in enumerate(finding.hints, 1)
        )
    )


def _hint_text(hint: str) -> Markup:
    text = escape_lines(hint.expandtabs(4).strip("\n"))
    name = "pre" if "\n" in text else "p"
    return element(name, Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", text)))


def _explored(findings: Sequence[Finding]) -> Markup:
    rows = [
        element("tr", element("th", finding.nodeid, scope="row"), element("td", finding.diagnosis.summary))
        for finding in findings
    ]
    head = element("h2", f"Explored and passed: {len(findings)}", id="explored-h")
    table = element("table", element("tbody", *rows))
    return element(
        "section", head, _scrolling(table, "Explored tests"), id="explored", aria_labelledby="explored-h"
    )
