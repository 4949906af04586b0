"""How the tests have orders handled. A worker that was forked shares `meeting` and `last_has_come` with the
test; in one that was started in another way they are not there, and nothing waits.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from threading import BrokenBarrierError

CROWD = 0.5  # seconds that one who takes a crowd's order looks round for others
meeting: Barrier | None = None
last_has_come: Event | None = None


@dataclass(frozen=True)
class Desk:
    """Notes in a book which orders were handled, and by which process. What is ordered says how it goes."""

    book: Path

    def __call__(self, order: str) -> None:
        kind = order.partition(" ")[0]
        if kind == "slow":
            time.sleep(0.2)  # it takes its time; nothing waits for it but the one who must
        if kind == "together" and meeting is not None:
            meeting.wait()
        if kind == "crowd" and meeting is not None:
            with contextlib.suppress(BrokenBarrierError):
                meeting.wait(CROWD)
        if kind == "patient" and last_has_come is not None:
            last_has_come.wait()
        if kind == "last" and last_has_come is not None:
            time.sleep(0.05)  # time for a worker to report what it has had before
            last_has_come.set()
        if order.endswith("burnt"):
            raise ValueError(order)
        if order.endswith("lost"):
            raise KeyError(order)
        self._note(order)

    def _note(self, order: str) -> None:
        line = f"{os.getpid()} {order}\n".encode()
        file = os.open(self.book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(file, line)  # in one piece, so that the lines of two processes stay apart
        finally:
            os.close(file)

    def _lines(self) -> list[tuple[str, str]]:
        text = self.book.read_text() if self.book.exists() else ""
        return [(line.partition(" ")[0], line.partition(" ")[2]) for line in text.splitlines()]

    def handled(self) -> list[str]:
        return sorted(order for _, order in self._lines())

    def processes(self) -> set[int]:
        return {int(pid) for pid, _ in self._lines()}
