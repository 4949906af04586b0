"""How `kata` speaks: in colour on a terminal, in plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

from pytest_sensei.diagnosis import Light

if TYPE_CHECKING:
    from pytest_sensei.dojo.katas import Kata

LIGHT_STYLES = {
    Light.RED: "bold red",
    Light.AMBER: "bold yellow",
    Light.GREEN: "bold green",
    Light.BLACK: "bold reverse",
}
LIGHT_WORDS = {Light.RED: "red", Light.AMBER: "amber", Light.GREEN: "green", Light.BLACK: "black"}


@dataclass(frozen=True, slots=True)
class Screen:
    """Where lines go. `plain`: no colour, no drawing, nothing but lines from top to bottom."""

    console: Console = field(default_factory=lambda: Console(file=sys.stdout, highlight=False))

    @property
    def plain(self) -> bool:
        """Whether the output is for a pipe, a screen reader, or a terminal that cannot draw."""
        console = self.console
        return not console.is_terminal or console.is_dumb_terminal or console.no_color

    @property
    def unicode(self) -> bool:
        """Whether more than ASCII may be drawn."""
        return not self.plain and self.console.encoding.lower().startswith("utf")

    def line(self, text: str | Text = "", style: str | None = None) -> None:
        """Print one line; it is never broken by us, so that paths and commands can be copied."""
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def marked(self, markup: str) -> None:
        """Print one line with rich's markup; what comes from the learner must be escaped."""
        self.console.print(markup, soft_wrap=True)

    def wrapped(self, text: str, indent: str = "") -> None:
        """Print a paragraph, broken at the terminal's width."""
        for part in text.splitlines() or [""]:
            lines = Text(part).wrap(self.console, max(20, self.console.width - len(indent)))
            for each in lines:
                self.line(indent + each.plain.rstrip())

    def markdown(self, text: str) -> None:
        """Print a README: rendered on a terminal, as it is written elsewhere."""
        if self.plain:
            self.line(text.rstrip())
        else:
            self.console.print(Markdown(text, code_theme="ansi_dark"))

    def code(self, text: str, language: str) -> None:
        """Print source text or a difference, in colour where that can be."""
        if self.plain:
            self.line(text.rstrip("\n"))
        else:
            syntax = Syntax(text, language, theme="ansi_dark", background_color="default", word_wrap=True)
            self.console.print(syntax)

    def raw(self, text: str) -> None:
        """Print text that has its colours in it already."""
        self.console.file.write(text.rstrip("\n") + "\n")
        self.console.file.flush()

    def clear(self) -> None:
        """Begin a new page; in plain mode an empty line parts the pages."""
        if self.plain:
            self.line()
        else:
            self.console.clear()

    def json(self, value: object) -> None:
        """Print a value for programs."""
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")

    def warn(self, text: str) -> None:
        """Print a line beside the output."""
        sys.stderr.write(f"kata: {text}\n")


def light_tag(light: Light | None) -> str:
    """Write a light as markup: the letter in brackets, so that colour is never alone."""
    if light is None:
        return escape("[ ]")
    return f"[{LIGHT_STYLES[light]}]{escape(f'[{light.value}]')}[/]"


def bar(done: int, total: int, width: int, *, unicode: bool) -> str:
    """Draw how much is done."""
    filled = width * done // total if total else 0
    full, empty = ("━", "·") if unicode else ("#", ".")
    return full * filled + empty * (width - filled)


def heading(kata: Kata) -> str:
    """Name a kata: number and title."""
    return f"{kata.number:02} {kata.title}"
