"""Building blocks of HTML and SVG. Everything that came from outside goes through `escape`."""

from __future__ import annotations

import html

from pytest_sensei.explain.text import Look

_LOOK = Look(width=10_000)
_VOID = frozenset({"br", "meta", "path", "rect"})


class Markup(str):
    """Text that is markup already, made here and nowhere else."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """One line of foreign text: no tags, no control or direction-changing characters, no addresses."""
    return Markup(html.escape(_LOOK.clean(text)))


def escape_lines(text: str) -> Markup:
    """The same for several lines, which stay lines."""
    return Markup("\n".join(html.escape(_LOOK.printable(line.rstrip())) for line in text.split("\n")))


def element(name: str, /, *children: str, **attributes: str | None) -> Markup:
    """An element. Children that are not markup are escaped, as are all attributes; `_` in a name is `-`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_LOOK.printable(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}/>")
    inner = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{name}{written}>{inner}</{name}>")


def shorten(text: str, longest: int) -> str:
    """Clean text of at most so many cells."""
    return _LOOK.fit(_LOOK.clean(text), longest)
