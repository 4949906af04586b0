"""The documentation shows what the code draws and reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from draw_findings import DOCS, pages
from finding_samples import DEADLOCK, LEAKED_THREAD, finding
from pytest_sensei.diagnosis import Kind, Severity
from pytest_sensei.explain import jsonl
from pytest_sensei.hints.catalogue import load

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_pictures_and_schema_are_as_the_code_draws_them(path: Path) -> None:
    """To draw them anew: `python tests/support/draw_findings.py`."""
    assert path.read_text(encoding="utf-8") == PAGES[path]
    assert "```text\n```" not in PAGES[path]


@pytest.mark.parametrize("kind", Kind)
def test_the_index_links_to_a_page_for_every_kind(kind: Kind) -> None:
    assert f"({kind.value}.md)" in (DOCS / "findings" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EXPLORED])
def test_every_page_says_how_to_silence_its_kind(kind: Kind) -> None:
    page = (DOCS / "findings" / f"{kind.value}.md").read_text(encoding="utf-8")
    assert f'@pytest.mark.sensei({kind.group.value}="off")' in page
    assert "## The proof" in page
    assert "## Usual causes" in page


def blocks(page: str, info: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{info}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_example_of_a_report_is_valid() -> None:
    (example,) = blocks("report.md", "json example")
    jsonl.validate(json.loads(example))


def test_the_code_that_reads_a_report_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = [finding(DEADLOCK), finding(LEAKED_THREAD, severity=Severity.WARN)]
    Path("report.jsonl").write_text(
        "".join(jsonl.dump_line(each) + "\n" for each in written), encoding="utf-8"
    )
    names: dict[str, object] = {}
    (code,) = blocks("report.md", "python")
    exec(code, names)
    assert names["errors"] == written[:1]


def test_the_example_of_hints_can_be_read(tmp_path: Path) -> None:
    (example,) = blocks("hints.md", "toml")
    file = tmp_path / "hints.toml"
    file.write_text(example, encoding="utf-8")
    assert [len(hint.steps) for hint in load(file)] == [3, 3]
