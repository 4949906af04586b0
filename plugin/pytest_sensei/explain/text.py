"""Text for a terminal: cells, cutting and wrapping, harmless characters, tones that become colours."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_sensei.diagnosis import Place

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{5,}")
_GLYPHS = "─├└…·"


class Tone(enum.Enum):
    """What a piece of text is, with its colour. The words around it say the same."""

    PLAIN = ""
    ERROR = "1;31"
    WARNING = "1;33"
    GOOD = "1;32"
    NAME = "1"
    BLOCKED = "31"
    HELD = "33"
    DIM = "2"
    HINT = "1;36"


class Span(NamedTuple):
    """A piece of a line in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]
EMPTY: Line = ()


def supports_unicode(encoding: str | None) -> bool:
    """Tell whether a terminal with this encoding can show what the pictures are drawn with."""
    try:
        _GLYPHS.encode(encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Look:
    """How the terminal wants it: cells per line, character set, colour."""

    width: int = 80
    unicode: bool = True
    color: bool = False

    @property
    def ellipsis(self) -> str:
        """What stands for text that was cut off."""
        return "…" if self.unicode else "..."

    @property
    def branches(self) -> tuple[str, str, str]:
        """Glyphs for the first, a middle and the last row of a group."""
        return ("─", "├", "└") if self.unicode else ("-", "|", "+")

    def clean(self, text: str) -> str:
        """One line that is safe to print: no addresses, no control or direction-changing characters."""
        one_line = " ".join(_ADDRESS.sub("", text).split())
        return self.printable(one_line)

    def printable(self, text: str) -> str:
        """Show characters that would move the cursor, or that the terminal lacks, as their escapes."""
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
        return shown if self.unicode else shown.encode("ascii", "backslashreplace").decode()

    def fit(self, text: str, room: int) -> str:
        """Cut the end of `text`, already clean, to at most `room` cells."""
        if cell_len(text) <= room:
            return text
        kept = max(0, room - cell_len(self.ellipsis))
        return (_first_cells(text, kept).rstrip() + self.ellipsis)[: max(room, 0)]

    def fit_path(self, place: Place, room: int) -> str:
        """`file:line`, its leading folders dropped as far as necessary; the line number always stays."""
        parts = self.clean(place.file.replace("\\", "/")).split("/")
        number = f":{place.line}"
        shorter = [f"{self.ellipsis}/{'/'.join(parts[start:])}" for start in range(1, len(parts))]
        for path in ("/".join(parts), *shorter, parts[-1]):
            if cell_len(path + number) <= room:
                return path + number
        return self.fit(parts[-1], room - len(number)) + number

    def paint(self, lines: Iterable[Line]) -> str:
        """Join lines to text, with escape sequences only if colour is wanted."""
        return "\n".join(self._paint_line(line) for line in lines)

    def _paint_line(self, line: Line) -> str:
        if not self.color:
            return "".join(span.text for span in line).rstrip()
        return "".join(_colored(span) for span in _right_stripped(line))


def wrap(text: str, room: int) -> list[str]:
    """Break clean text at spaces into lines of at most `room` cells; a longer word is chopped."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        candidate = f"{current} {word}" if current else word
        if cell_len(candidate) <= room:
            current = candidate
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, max(room, 1)) or [""]
        lines.extend(full)
    return [*lines, current] if current or not lines else lines


def pad(text: str, room: int) -> str:
    """Fill up with spaces to `room` cells."""
    return text + " " * (room - cell_len(text))


def base_name(place: Place) -> str:
    """`file:line` without folders."""
    return f"{place.file.replace(chr(92), '/').rpartition('/')[2]}:{place.line}"


def line(text: str, tone: Tone = Tone.PLAIN) -> Line:
    """Make a line of one piece."""
    return (Span(text, tone),)


def paragraph(label: Span, texts: Iterable[str], look: Look, column: int) -> list[Line]:
    """Wrapped text with a label before its first line; the text begins at `column`."""
    room = max(20, look.width - column - 1)
    pieces = [piece for text in texts for piece in wrap(text, room)]
    first = (Span(" "), label, Span(" " * (column - 1 - cell_len(label.text)) + pieces[0]))
    return [first, *(line(" " * column + piece) for piece in pieces[1:])]


def _first_cells(text: str, room: int) -> str:
    return chop_cells(text, room)[0] if room > 0 and text else ""


def _colored(span: Span) -> str:
    if not span.tone.value or not span.text.strip():
        return span.text
    return f"\x1b[{span.tone.value}m{span.text}\x1b[0m"


def _right_stripped(spans: Line) -> Line:
    kept = list(spans)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[-1] = kept[-1]._replace(text=kept[-1].text.rstrip())
    return tuple(kept)
