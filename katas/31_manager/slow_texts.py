"""What makes two processes meet while they count. A process that is started afresh imports this module."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import limits, stillness

READS = 3  # that many reads of each process linger
READING = {"__contains__", "__getattribute__", "__getitem__", "copy", "get", "items", "pop", "setdefault"}


def linger(folder: Path, here: str, test: int) -> None:
    """Say that this process is here, and stay until another one is here, too, or cannot come: all others sleep."""
    (folder / f"{here}.{os.getpid()}").touch()
    stillness.until_all_asleep(test, unless=lambda: len(list(folder.glob(f"{here}.*"))) > 1)


class Text(str):  # noqa: SLOT000 - it has attributes
    """A text that is split while another process splits another one, where that is possible."""

    folder: Path
    test: int

    def split(self, *arguments: Any, **options: Any) -> list[str]:  # type: ignore[override]
        if os.getpid() != self.test:
            linger(self.folder, "split", self.test)
        return super().split(*arguments, **options)


class TextForTwo(Text):
    """A text that waits while it is split until another one is being split, too, and notes whether one was."""

    def split(self, *arguments: Any, **options: Any) -> list[str]:  # type: ignore[override]
        if os.getpid() != self.test:
            mine = self.folder / f"here.{os.getpid()}"
            mine.touch()
            stillness.until_all_asleep(self.test, unless=self._in_company)
            (self.folder / ("met" if self._in_company() else "alone")).touch()
            mine.unlink()
        return str.split(self, *arguments, **options)

    def _in_company(self) -> bool:
        return len(list(self.folder.glob("here.*"))) > 1


def text(words: str, folder: Path, kind: type[Text] = Text) -> Text:
    made = kind(words)
    made.folder, made.test = folder, os.getpid()
    return made


def slow_reads(call: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Let each process hold what it has read of shared data until another one has read it, too, or cannot."""
    test = os.getpid()
    reads = 0

    def slow_call(proxy: Any, method: str, *arguments: Any, **options: Any) -> Any:
        nonlocal reads
        result = call(proxy, method, *arguments, **options)
        if method in READING and os.getpid() != test and reads < READS:
            reads += 1
            linger(folder, f"read{reads}", test)
        return result

    return slow_call


def short_limits(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let the limit be over at once that somebody sets who wants a lock of the manager's."""

    def short_call(proxy: Any, method: str, arguments: Any = (), options: Any = None) -> Any:
        if method == "acquire" and len(arguments) == 2 and arguments[1] < limits.GENEROUS:
            arguments = (arguments[0], min(arguments[1], limits.MOMENT))
        return call(proxy, method, arguments, {} if options is None else options)

    return short_call
