"""Draws the pictures in docs/findings/ anew: `python tests/support/draw_findings.py`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from finding_samples import DIAGNOSES, finding
from pytest_sensei.diagnosis import Kind
from pytest_sensei.explain.jsonl import SCHEMA, to_json
from pytest_sensei.explain.terminal import render

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = r"(?<=^```{0}\n).*?(?=^```$)"


def with_picture(kind: Kind, page: str) -> str:
    """Put the picture of a kind into the page's first text block."""
    picture = render(finding(DIAGNOSES[kind])) + "\n"
    return _replace_block("text", picture, page)


def with_schema(page: str) -> str:
    """Put the report's schema, and one line of a report, into the page's json blocks."""
    example = json.dumps(to_json(finding(DIAGNOSES[Kind.DEADLOCK_CYCLE])), indent=1) + "\n"
    schema = json.dumps(SCHEMA, indent=1) + "\n"
    return _replace_block("json schema", schema, _replace_block("json example", example, page))


def _replace_block(info: str, text: str, page: str) -> str:
    pattern = re.compile(_BLOCK.format(info), re.MULTILINE | re.DOTALL)
    return pattern.sub(lambda _: text, page, count=1)


def pages() -> dict[Path, str]:
    """Every generated page as it should be."""
    drawn = {}
    for kind in Kind:
        path = DOCS / "findings" / f"{kind.value}.md"
        drawn[path] = with_picture(kind, path.read_text(encoding="utf-8"))
    report = DOCS / "report.md"
    drawn[report] = with_schema(report.read_text(encoding="utf-8"))
    return drawn


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
