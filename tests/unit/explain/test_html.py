"""The page as text, and the graph on it. How it behaves in a browser is tested in tests/html."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from finding_samples import (
    DEADLOCK,
    DIAGNOSES,
    EXPLORED,
    LEAKED_THREAD,
    RACE,
    SELF_DEADLOCK,
    STALLED,
    THREE_THREADS,
    actor,
    finding,
    lock,
)
from pytest_sensei.diagnosis import Diagnosis, Kind, Severity, Wait
from pytest_sensei.explain.graph import edges_of, in_words, render_graph, ring_of
from pytest_sensei.explain.html import render_page

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&\x1b[2J\u202e\udc80"
VOID = {"meta", "input", "br"}


class Tags(HTMLParser):
    """Checks that tags are balanced, and collects what there is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_with_every_kind_is_well_formed_and_has_each_id_once() -> None:
    page = Tags(render_page([finding(each) for each in (*DIAGNOSES.values(), THREE_THREADS)], {"Run": "now"}))
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = [
        attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes
    ]
    assert {name for reference in references for name in str(reference).split()} <= set(ids)


def test_nothing_is_loaded_from_anywhere() -> None:
    page = Tags(render_page([finding(each) for each in DIAGNOSES.values()], {}))
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object"}
        assert "src" not in attributes
        assert str(attributes.get("href", "#")).startswith("#")


def test_hostile_text_stays_text() -> None:
    place = replace(DEADLOCK.culprits[0], file=HOSTILE, function=HOSTILE, source=HOSTILE)
    schedule = RACE.schedule
    assert schedule is not None
    steps = tuple(
        replace(step, place=place, field=HOSTILE, value=HOSTILE, locks=(HOSTILE,)) for step in schedule.steps
    )
    hostile = Diagnosis(
        kind=Kind.DEADLOCK_CYCLE,
        summary=HOSTILE,
        actors=(actor(1, HOSTILE), actor(2, HOSTILE, process=HOSTILE), actor(3, "x")),
        resources=(lock(1, HOSTILE, HOSTILE, place, HOSTILE),),
        holds=tuple(replace(hold, resource="r1", place=place) for hold in DEADLOCK.holds),
        waits=(Wait("a1", "r1", place),),
        details=(HOSTILE,),
        schedule=replace(schedule, steps=steps, token=HOSTILE, note=HOSTILE),
    )
    kinds = [replace(hostile, kind=kind) for kind in Kind]
    text = render_page(
        [finding(each, nodeid=HOSTILE, hints=(HOSTILE, f"a\n{HOSTILE}")) for each in kinds],
        {HOSTILE: HOSTILE},
    )
    text.encode("utf-8")
    assert not set(text) & {"\x1b", "\u202e"}
    page = Tags(text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_an_empty_run_says_so() -> None:
    page = render_page([], {"Outcome": "3 passed"})
    assert "<h1>No findings</h1>" in page
    assert "Nothing was found." in page


def test_the_top_lists_the_findings_and_tells_the_run() -> None:
    page = render_page(
        [finding(DEADLOCK), finding(LEAKED_THREAD, severity=Severity.WARN)], {"Command": "pytest katas"}
    )
    assert "<h1>2 findings</h1>" in page
    assert "<dt>Command</dt><dd>pytest katas</dd>" in page
    assert 'href="#finding-2"' in page
    assert "Leaked thread (warning)" in page


def test_explored_tests_are_counted_at_the_end_and_are_no_findings() -> None:
    page = render_page([finding(EXPLORED)], {})
    assert "<h1>No findings</h1>" in page
    assert "Explored and passed: 1" in page
    assert "all 7 interleavings pass" in page


def test_hints_are_closed() -> None:
    page = render_page([finding(DEADLOCK, hints=("Why `with`?", "  with a:\n      b()"))], {})
    assert page.count("<details>") == 2
    assert "<summary>Hint 1 of 2</summary><div><p>Why <code>with</code>?</p></div>" in page
    assert "<pre>  with a:\n      b()</pre>" in page


def test_steps_carry_what_is_said_of_them() -> None:
    page = Tags(render_page([finding(RACE)], {}))
    rows = [attributes for tag, attributes in page.tags if tag == "tr" and "data-say" in attributes]
    assert rows[4]["data-say"] == "Thread-1 wrote Counter.value: 1 (lost)"
    assert rows[4]["data-state"] == "Counter.value = 1"
    assert [row.get("class") for row in rows].count("minor") == 2


def test_the_ring_of_a_deadlock_goes_round() -> None:
    assert ring_of(edges_of(DEADLOCK)) == ["r1", "a1", "r2", "a2"]
    assert ring_of(edges_of(SELF_DEADLOCK)) == ["r1", "a1"]
    assert ring_of(edges_of(STALLED)) == []


def test_a_joined_thread_that_takes_part_is_one_node() -> None:
    assert [(edge.source, edge.target) for edge in edges_of(STALLED)] == [("a1", "a2"), ("a2", "r2")]


def test_the_graph_is_told_in_words() -> None:
    assert in_words(DEADLOCK) == (
        "forks[0] is held by Aristotle; forks[1] is held by Plato; "
        "Aristotle waits for forks[1]; Plato waits for forks[0]."
    )


@pytest.mark.parametrize("diagnosis", DIAGNOSES.values(), ids=[kind.value for kind in DIAGNOSES])
def test_every_node_lies_in_the_picture(diagnosis: Diagnosis) -> None:
    svg = render_graph(diagnosis, "f")
    if not svg:
        assert not diagnosis.holds
        assert not diagnosis.waits
        return
    root = ET.fromstring(svg)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for box in root.iter("rect"):
        x, y, across, down = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        assert left <= x <= x + across <= left + width
        assert top <= y <= y + down <= top + height


def test_nodes_do_not_overlap_in_a_large_ring() -> None:
    count = 7
    names = [(f"philosopher-{number}", f"self.forks[{number}]") for number in range(count)]
    diagnosis = Diagnosis(
        Kind.DEADLOCK_CYCLE,
        "7 threads wait for each other",
        actors=tuple(actor(number, name) for number, (name, _) in enumerate(names)),
        resources=tuple(lock(number, name) for number, (_, name) in enumerate(names)),
        holds=tuple(replace(DEADLOCK.holds[0], actor=f"a{n}", resource=f"r{n}") for n in range(count)),
        waits=tuple(
            replace(DEADLOCK.waits[0], actor=f"a{n}", resource=f"r{(n + 1) % count}") for n in range(count)
        ),
    )
    boxes = re.findall(
        r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', render_graph(diagnosis, "f")
    )
    places = [tuple(map(float, box)) for box in boxes]
    assert len(places) == 2 * count
    for index, (x, y, width, height) in enumerate(places):
        for other_x, other_y, other_width, other_height in places[index + 1 :]:
            apart = (
                x + width <= other_x
                or other_x + other_width <= x
                or y + height <= other_y
                or other_y + other_height <= y
            )
            assert apart
