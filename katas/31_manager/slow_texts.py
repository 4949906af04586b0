"""What makes two processes meet while they count. A process that is started afresh imports this module."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from multiprocessing import util
from pathlib import Path
from typing import Any

# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURN_SECONDS = 0.01
START_TURNS = 300  # in which another process is started
READ_TURNS = 100  # in which another one comes that has nothing to wait for
READS = 3  # that many reads of each process linger
READING = {"__contains__", "__getattribute__", "__getitem__", "copy", "get", "items", "pop", "setdefault"}


def linger(folder: Path, here: str, turns: int) -> None:
    """Say that this process is here; stay until another one is here, too, or waits for a lock, or has ended."""
    me = os.getpid()
    (folder / f"{here}.{me}").touch()
    for _ in range(turns):
        others = {file.stem for file in folder.iterdir() if file.suffix != f".{me}"}
        if others & {here, "waits", "ended"}:
            return
        time.sleep(TURN_SECONDS)


class Text(str):  # noqa: SLOT000 - it has attributes
    """A text that is split while another process splits another one, where that is possible."""

    folder: Path
    maker: int

    def split(self, *arguments: Any, **options: Any) -> list[str]:  # type: ignore[override]
        if os.getpid() != self.maker:
            linger(self.folder, "splits", START_TURNS)
        return super().split(*arguments, **options)


def text(words: str, folder: Path) -> Text:
    made = Text(words)
    made.folder, made.maker = folder, os.getpid()
    return made


def slow_reads(call: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Let each process hold what it has read of shared data until another one has read it, too, or cannot."""
    parent = os.getpid()
    reads = 0

    def slow_call(proxy: Any, method: str, *arguments: Any, **options: Any) -> Any:
        nonlocal reads
        if os.getpid() == parent:
            return call(proxy, method, *arguments, **options)
        if method == "acquire":
            return tell_and_acquire(proxy, *arguments, **options)
        result = call(proxy, method, *arguments, **options)
        if method in READING and reads < READS:
            if not reads:
                util.Finalize(None, (folder / f"ended.{os.getpid()}").touch, exitpriority=0)
            reads += 1
            linger(folder, f"read{reads}", READ_TURNS)
        return result

    def tell_and_acquire(proxy: Any, *arguments: Any, **options: Any) -> Any:
        if call(proxy, "acquire", (False,)):
            return True
        waits = folder / f"waits.{os.getpid()}"  # for one who holds the lock: this process cannot come now
        waits.touch()
        try:
            return call(proxy, "acquire", *arguments, **options)
        finally:
            waits.unlink()

    return slow_call
