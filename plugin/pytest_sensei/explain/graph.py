"""The wait-for graph as SVG: a ring for a cycle, columns for what is around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from pytest_sensei.explain.markup import element, shorten
from pytest_sensei.explain.table import edge_verbs
from pytest_sensei.explain.text import base_name
from pytest_sensei.explain.words import actor_names, resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_sensei.diagnosis import Diagnosis, Place

_CHAR = 7.9  # width of a character of 13 px monospace
_HEIGHT = 34  # of a node
_LONGEST = 26  # characters in a node
_ROW = 78  # between nodes of a column
_BEND = 56  # of two arrows between the same nodes

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """An actor or a resource, drawn around its centre."""

    id: str
    label: str
    is_actor: bool
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return 24 + _CHAR * cell_len(self.label)

    def at(self, x: float, y: float) -> Node:
        return Node(self.id, self.label, self.is_actor, x, y)


@dataclass(frozen=True, slots=True)
class Edge:
    """From the actor to what it waits for, or from what is held to its holder."""

    source: str
    target: str
    waits: bool
    label: str  # "holds table.py:14"


def edges_of(diagnosis: Diagnosis) -> list[Edge]:
    """The arrows: one waits for a thing, a thing is held by one."""
    hold_verbs, wait_verbs = edge_verbs(diagnosis)
    same = _joined_actors(diagnosis)
    holds = [
        Edge(hold.resource, hold.actor, False, _label(hold_verbs.get(hold.actor, "holds"), hold.place))
        for hold in diagnosis.holds
    ]
    waits = [
        Edge(
            wait.actor,
            same.get(wait.resource, wait.resource),
            True,
            _label(wait_verbs.get(wait.resource, "waits"), wait.place),
        )
        for wait in diagnosis.waits
    ]
    return holds + waits


def _joined_actors(diagnosis: Diagnosis) -> dict[str, str]:
    """A thread or process that is joined, and that takes part itself, is one node and not two."""
    threads = {actor.thread: actor.id for actor in reversed(diagnosis.actors)}
    processes = {actor.process: actor.id for actor in diagnosis.actors if actor.thread == "MainThread"}
    known = {"Thread": threads, "Process": processes}
    return {
        thing.id: known[thing.type][thing.name]
        for thing in diagnosis.resources
        if thing.name in known.get(thing.type, {})
    }


def ring_of(edges: Iterable[Edge]) -> list[str]:
    """The nodes of a shortest cycle, in order; nothing when there is none."""
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    cycles = [cycle for start in following if (cycle := _way_back(start, following))]
    return min(cycles, key=len, default=[])


def render_graph(diagnosis: Diagnosis, prefix: str) -> str:
    """Draw who holds and waits for what; an empty text when nobody does. `prefix` makes the ids unique."""
    edges = edges_of(diagnosis)
    if not edges:
        return ""
    longest = max(cell_len(edge.label) for edge in edges) * _CHAR
    nodes = _place_nodes(_nodes(diagnosis, edges), ring_of(edges), longest)
    by_id = {node.id: node for node in nodes}
    pairs = {(edge.source, edge.target) for edge in edges}
    drawn = [
        _draw_edge(edge, by_id, prefix, bent=(edge.target, edge.source) in pairs)
        for edge in edges
        if {edge.source, edge.target} <= set(by_id)
    ]
    left, top, width, height = _bounds(nodes)
    return element(
        "svg",
        element("title", "Wait-for graph", id=f"{prefix}-t"),
        element("desc", in_words(diagnosis), id=f"{prefix}-d"),
        _arrows(prefix),
        *(line for line, _ in drawn),
        *(_draw_node(node) for node in nodes),
        *(text for _, text in drawn),
        role="img",
        aria_labelledby=f"{prefix}-t {prefix}-d",
        class_="graph",
        viewBox=f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
    )


def in_words(diagnosis: Diagnosis) -> str:
    """Say what the graph shows, for those who cannot see it."""
    names = actor_names(diagnosis)
    things = {resource.id: resource_name(resource) for resource in diagnosis.resources}
    parts = [f"{things.get(h.resource, '?')} is held by {names.get(h.actor, '?')}" for h in diagnosis.holds]
    parts += [f"{names.get(w.actor, '?')} waits for {things.get(w.resource, '?')}" for w in diagnosis.waits]
    return "; ".join(parts) + "."


def _label(verb: str, place: Place | None) -> str:
    return f"{verb} {base_name(place)}" if place is not None else verb


def _way_back(start: str, following: dict[str, list[str]]) -> list[str]:
    """A shortest way from `start` to itself, by breadth."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for after in following.get(way[-1], ()):
            if after == start:
                return way
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return []


def _nodes(diagnosis: Diagnosis, edges: list[Edge]) -> list[Node]:
    used = {edge.source for edge in edges} | {edge.target for edge in edges}
    names = actor_names(diagnosis)
    actors = [Node(actor.id, shorten(names[actor.id], _LONGEST), True) for actor in diagnosis.actors]
    things = [Node(thing.id, shorten(resource_name(thing), _LONGEST), False) for thing in diagnosis.resources]
    return [node for node in (*actors, *things) if node.id in used]


def _place_nodes(nodes: list[Node], ring: list[str], gap: float) -> list[Node]:
    """The cycle on an ellipse; the others in columns beside it, `gap` apart for the labels."""
    by_id = {node.id: node for node in nodes}
    around = [by_id[name] for name in ring if name in by_id]
    others = [node for node in nodes if node.id not in ring]
    placed = _on_ellipse(around, gap)
    right = max((node.x + node.width / 2 for node in placed), default=0.0)
    actors = [node for node in others if node.is_actor]
    things = [node for node in others if not node.is_actor]
    left_to_right = (actors, things) if not placed else (things, actors)
    for column in left_to_right:
        placed += _in_column(column, right + (gap + 60 if placed else 0))
        right = max((node.x + node.width / 2 for node in placed), default=0.0)
    return placed


def _on_ellipse(nodes: list[Node], gap: float) -> list[Node]:
    if not nodes:
        return []
    widest = max(node.width for node in nodes)
    across = max(widest * 0.9 + 60, gap + 16, 34 * len(nodes))
    down = max(95.0, 26.0 * len(nodes))
    turn = 2 * math.pi / len(nodes)
    return [
        node.at(-across * math.cos(index * turn), -down * math.sin(index * turn))
        for index, node in enumerate(nodes)
    ]


def _in_column(nodes: list[Node], left: float) -> list[Node]:
    widest = max((node.width for node in nodes), default=0.0)
    top = -_ROW * (len(nodes) - 1) / 2
    return [node.at(left + widest / 2, top + _ROW * index) for index, node in enumerate(nodes)]


def _bounds(nodes: list[Node]) -> tuple[float, float, float, float]:
    left = min(node.x - node.width / 2 for node in nodes) - 70
    right = max(node.x + node.width / 2 for node in nodes) + 70
    top = min(node.y for node in nodes) - _BEND
    bottom = max(node.y for node in nodes) + _BEND
    return left, top, right - left, bottom - top


def _arrows(prefix: str) -> str:
    def marker(name: str) -> str:
        head = element("path", d="M0 0 L9 4.5 L0 9 z", class_=f"head-{name}")
        return element(
            "marker",
            head,
            id=f"{prefix}-{name}",
            viewBox="0 0 9 9",
            refX="8",
            refY="4.5",
            markerWidth="9",
            markerHeight="9",
            markerUnits="userSpaceOnUse",
            orient="auto",
        )

    return element("defs", marker("waits"), marker("holds"))


def _draw_node(node: Node) -> str:
    shape = element(
        "rect",
        x=f"{node.x - node.width / 2:.1f}",
        y=f"{node.y - _HEIGHT / 2:.1f}",
        width=f"{node.width:.1f}",
        height=str(_HEIGHT),
        rx=str(_HEIGHT // 2) if node.is_actor else "3",
    )
    text = element("text", node.label, x=f"{node.x:.1f}", y=f"{node.y + 4.5:.1f}")
    return element("g", shape, text, class_="actor" if node.is_actor else "thing")


def _draw_edge(edge: Edge, nodes: dict[str, Node], prefix: str, *, bent: bool) -> tuple[str, str]:
    """The arrow, and its label where it meets no other. Two arrows between the same nodes are bent."""
    kind = "waits" if edge.waits else "holds"
    source, target = nodes[edge.source], nodes[edge.target]
    x1, y1 = _border(source, target)
    x2, y2 = _border(target, source)
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    bend = _BEND if bent else 0.0
    cx, cy = (x1 + x2) / 2 - (y2 - y1) / length * bend, (y1 + y2) / 2 + (x2 - x1) / length * bend
    arrow = element(
        "path",
        d=f"M{x1:.1f} {y1:.1f} Q{cx:.1f} {cy:.1f} {x2:.1f} {y2:.1f}",
        class_=f"edge {kind}",
        marker_end=f"url(#{prefix}-{kind})",
    )
    x, y = _on_curve((x1, y1), (cx, cy), (x2, y2), 0.42 if edge.waits else 0.58)
    if abs(y2 - y1) < _HEIGHT:  # a level arrow has its label beside it, not on it
        y += 10 if cy > y1 else -10
    return arrow, element("text", edge.label, class_=f"label {kind}", x=f"{x:.1f}", y=f"{y + 4:.1f}")


def _on_curve(start: _Point, middle: _Point, end: _Point, share: float) -> _Point:
    first, second, third = (1 - share) ** 2, 2 * share * (1 - share), share**2
    return (
        first * start[0] + second * middle[0] + third * end[0],
        first * start[1] + second * middle[1] + third * end[1],
    )


def _border(node: Node, towards: Node) -> tuple[float, float]:
    """Where the line from the node's centre leaves its box."""
    dx, dy = towards.x - node.x, towards.y - node.y
    if dx == dy == 0:
        return node.x, node.y
    across = (node.width / 2 + 3) / abs(dx) if dx else math.inf
    down = (_HEIGHT / 2 + 3) / abs(dy) if dy else math.inf
    share = min(across, down, 1.0)
    return node.x + dx * share, node.y + dy * share
