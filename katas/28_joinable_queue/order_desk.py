"""How the tests have orders handled. A worker that was forked shares `meeting`, `company` and
`last_has_come` with the test; in one that was started in another way they are not there, and nothing waits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from pytest_sensei.dojo import stillness

meeting: Barrier | None = None
company: stillness.Company | None = None
last_has_come: Event | None = None


@dataclass(frozen=True)
class Desk:
    """Notes in a book which orders were handled, and by which process. What is ordered says how it goes."""

    book: Path
    owner: int = field(default_factory=os.getpid)  # the process that has made it

    def __call__(self, order: object) -> None:
        self._handle(str(order))

    def _handle(self, order: str) -> None:
        kind = order.partition(" ")[0]
        if kind == "slow":
            stillness.until_asleep(self.owner)  # waiting for this very order, it may be
        if kind == "together" and meeting is not None:
            meeting.wait()
        if kind == "crowd" and company is not None:
            company.join()
        if kind == "patient" and last_has_come is not None:
            last_has_come.wait()
            stillness.until_all_asleep(self.owner)  # all the others have reported what they had
        if kind == "last" and last_has_come is not None:
            last_has_come.set()
        self._note(order, self.book.with_suffix(".tried"))
        if order.endswith("spilt"):
            raise SlowError(order, self.owner)
        if order.endswith("burnt"):
            raise ValueError(order)
        if order.endswith("lost"):
            raise KeyError(order)
        self._note(order, self.book)

    def _note(self, order: str, book: Path) -> None:
        line = f"{os.getpid()} {order}\n".encode()
        file = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(file, line)  # in one piece, so that the lines of two processes stay apart
        finally:
            os.close(file)

    def _lines(self, book: Path) -> list[tuple[str, str]]:
        text = book.read_text() if book.exists() else ""
        return [(line.partition(" ")[0], line.partition(" ")[2]) for line in text.splitlines()]

    def handled(self) -> list[str]:
        return sorted(order for _, order in self._lines(self.book))

    def tried(self) -> list[str]:
        """Return the orders that somebody has begun, whether or not it went well."""
        return sorted(order for _, order in self._lines(self.book.with_suffix(".tried")))

    def processes(self) -> set[int]:
        return {int(pid) for pid, _ in self._lines(self.book)}


class SlowError(Exception):
    """An exception that is sent when the caller sleeps, whatever it waits for; a ValueError arrives."""

    def __reduce__(self) -> tuple[type[ValueError], tuple[str]]:
        order, caller = self.args
        stillness.until_asleep(caller)
        return ValueError, (order,)
