"""Programs that lost their parent: nobody of the family has told of them, but they carry the run's tag.

A process whose parent ends becomes the child of an ancestor of ours, most often of the system's first process.
To be made the new parent ourselves (PR_SET_CHILD_SUBREAPER) would be surer, but the user's code would notice:
`os.wait()` would return strangers, and wait where it should raise. A variable in the environment of what tests
start disturbs nobody, and a process keeps the environment that it was started with.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_sensei.watch import procfs
from pytest_sensei.watch.patience import looks

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG = "PYTEST_SENSEI_RUN"
_EXECUTING = 0.5  # seconds; while a process executes a program, it shows no environment


class Strays:
    """Finds the programs that descend from this process, though no parent leads to it any more."""

    def __init__(self, root: int) -> None:
        self._value = f"{root}.{procfs.start(root)}"
        self._mark = f"{TAG}={self._value}"
        self._outer: str | None = None
        self._ancestors = tuple(_ancestors(root))
        self._foreign: set[int] = set()
        self.unclear: set[int] = set()  # at the last look: showed no environment
        self._waited_for: set[int] = set()

    def open(self) -> None:
        """From now on, what is started carries the tag; nobody who lives now can be ours."""
        self._outer = os.environ.get(TAG)
        os.environ[TAG] = self._value
        self._foreign = set(self._candidates())

    def close(self) -> None:
        """The run is over."""
        if self._outer is None:
            os.environ.pop(TAG, None)
        else:
            os.environ[TAG] = self._outer

    def find(self) -> list[int]:
        """Return those that live; who executes a program just now is waited for, once."""
        for _ in looks(_EXECUTING):
            found = self._look()
            if self.unclear <= self._waited_for:
                break
        self._waited_for |= self.unclear
        return found

    def _look(self) -> list[int]:
        found = []
        self.unclear.clear()
        for pid in set(self._candidates()) - self._foreign:
            environment = procfs.environment(pid)
            if self._mark in environment:
                found.append(pid)
            elif environment:
                self._foreign.add(pid)
            elif (stat := procfs.stat(pid)) is not None and not stat.ended:
                self.unclear.add(pid)
        return found

    def _candidates(self) -> Iterator[int]:
        for ancestor in self._ancestors:
            yield from procfs.adopted(ancestor)


def _ancestors(pid: int) -> Iterator[int]:
    stat = procfs.stat(pid)
    while stat is not None and stat.parent:
        yield stat.parent
        stat = procfs.stat(stat.parent)
