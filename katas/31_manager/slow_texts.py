"""What makes two processes meet while they count. A process that is started afresh imports this module."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LINGER = 0.2  # seconds in which another process would come, if it could
READS = 3  # that many reads of each process linger
READING = {"__contains__", "__getattribute__", "__getitem__", "copy", "get", "items", "pop", "setdefault"}


def linger(folder: Path, others: str) -> None:
    """Say that this process is here, and wait a while for another one to be here, too."""
    (folder / f"{others}.{os.getpid()}").touch()
    until = time.monotonic() + LINGER
    while len(list(folder.glob(f"{others}.*"))) < 2 and time.monotonic() < until:
        time.sleep(0.002)


class Text(str):  # noqa: SLOT000 - it has an attribute
    """A text that is split while another one is being split, where that is possible."""

    folder: Path

    def split(self, *arguments: Any, **options: Any) -> list[str]:  # type: ignore[override]
        linger(self.folder, "split")
        return super().split(*arguments, **options)


def text(words: str, folder: Path) -> Text:
    made = Text(words)
    made.folder = folder
    return made


def slow_reads(call: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Let each process hold what it has read of shared data until another one has read it, too, or cannot."""
    parent = os.getpid()
    reads = 0

    def slow_call(proxy: Any, method: str, *arguments: Any, **options: Any) -> Any:
        nonlocal reads
        result = call(proxy, method, *arguments, **options)
        if method in READING and os.getpid() != parent and reads < READS:
            reads += 1
            linger(folder, f"read{reads}")
        return result

    return slow_call
