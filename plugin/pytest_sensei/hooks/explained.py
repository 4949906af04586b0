"""A failure's text, with the picture of what went wrong before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_sensei.explain import terminal
from pytest_sensei.explain.text import supports_unicode

if TYPE_CHECKING:
    from pytest_sensei.diagnosis import Finding


def _drawn(finding: Finding, **options: Any) -> str:
    """Return the picture of a finding. A fault of ours in drawing it must not cost the run its report."""
    try:
        return terminal.render(finding, **options)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the finding is told
        diagnosis = finding.diagnosis
        return f"{diagnosis.kind.value}: {diagnosis.summary} (its picture could not be drawn: {fault!r})"


class Explained:
    """A failure's text with the picture of what went wrong before it."""

    def __init__(self, pictures: list[Finding], original: Any, *, verbose: bool, advise: bool) -> None:
        self._findings = pictures
        self._original = original
        self._verbose = verbose
        self._advise = advise

    def toterminal(self, writer: Any) -> None:
        for finding in self._findings:
            text = _drawn(
                finding,
                width=writer.fullwidth,
                unicode=supports_unicode(getattr(writer._file, "encoding", None)),
                color=writer.hasmarkup,
                verbose=self._verbose,
                advise=self._advise,
            )
            writer.line(text)
            writer.line()
        if hasattr(self._original, "toterminal"):
            self._original.toterminal(writer)
        elif self._original is not None:
            writer.line(str(self._original))

    def __str__(self) -> str:
        pictures = [_drawn(finding, advise=False) for finding in self._findings]
        return "\n\n".join([*pictures, str(self._original)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)
