"""Which processes a test has left: a look at the family, and what each one left over counts as."""

from __future__ import annotations

import os
from multiprocessing import process
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_sensei.diagnosis import Kind
from pytest_sensei.primitives import births
from pytest_sensei.watch import descent, procfs
from pytest_sensei.watch.judging import service_pids
from pytest_sensei.watch.process_services import is_known_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_sensei.watch.descent import Descent

Process = tuple[int, int]
"""A process: its identifier and its start."""


class Seen(NamedTuple):
    """A process at the moment of a look."""

    pid: int
    start: int
    parent: int
    ended: bool  # and nobody has asked how
    descent: Descent | None

    @property
    def key(self) -> Process:
        return self.pid, self.start


class Left(NamedTuple):
    """A process that a test has left, with the living processes that it has started in turn."""

    kind: Kind
    seen: Seen
    below: tuple[Seen, ...] = ()


# -- looking


def look(root: int, folder: Path | None, strays: Iterable[int] = ()) -> list[Seen]:
    """Return all processes of the family, but the watching one and the known services.

    A child of the fork server is none, though it looks like it: perhaps its start was broken off before anybody
    knew of it.
    `strays` are those that belong to it though nothing else tells.
    """
    services = service_pids()
    words = {word.pid: word for word in _words(folder)}
    found: dict[int, Seen] = {}
    for pid in {*procfs.descendants(root), *_elsewhere(folder), *words, *strays} - {root} - services:
        stat = procfs.stat(pid)
        word = words.get(pid)
        if stat is None or (word is not None and word.start != stat.start):
            continue
        if word is None and (stat.parent in services or stat.ended or not is_known_service(pid)):
            word = word_of_birth(root, pid)
        found[pid] = Seen(pid, stat.start, stat.parent, stat.ended, word)
    for pid in _unasked():
        found[pid] = Seen(pid, 0, root, True, word_of_birth(root, pid))
    return [
        seen
        for seen in found.values()
        if seen.descent is not None or seen.parent in services or not is_known_service(seen.pid)
    ]


def _words(folder: Path | None) -> Iterator[Descent]:
    """Yield what members of the family have told of processes that still live; forget the others."""
    for word in descent.read_all(folder) if folder is not None else ():
        stat = procfs.stat(word.pid)
        if stat is not None and stat.start == word.start:
            yield word
        elif folder is not None:
            descent.forget(folder, word.pid, word.start)


def _elsewhere(folder: Path | None) -> set[int]:
    """Return the members of the family, whoever their parent is by now."""
    if folder is None:
        return set()
    names = (name.split(".") for name in os.listdir(folder) if name.startswith("holds."))  # noqa: PTH208
    return {int(pid) for _, pid, start in names if procfs.start(int(pid)) == int(start)}


def word_of_birth(root: int, pid: int) -> Descent | None:
    """Return what the watching process itself knows of a process's start."""
    birth = births.known.get(pid)
    return descent.of_birth(birth, (root, procfs.start(root)), birth.serial) if birth is not None else None


def _unasked() -> Iterator[int]:
    """Yield the processes that have ended at the fork server's, and whose exit code nobody has asked for.

    The fork server takes them from the system's table; it keeps the exit code for who asks.
    """
    for child in list(process._children):  # type: ignore[attr-defined]
        popen: Any = child._popen
        if getattr(popen, "method", "") == "forkserver" and popen.returncode is None:
            stat = procfs.stat(popen.pid)
            if stat is None or stat.ended:
                yield popen.pid


# -- judging


def left_over(seen: Iterable[Seen], root: int, concerns: Callable[[Seen], bool]) -> list[Left]:
    """Return what a test has left. `concerns` tells which processes it has to answer for, itself or through others."""
    everybody = {each.pid: each for each in seen}
    mine = {pid: each for pid, each in everybody.items() if concerns(each)}
    found = []
    for each in mine.values():
        kind = _kind(each, everybody, root)
        if kind is not None:
            found.append(Left(kind, each, tuple(_below(each, mine))))
    return sorted(
        found, key=lambda left: (left.seen.descent.serial if left.seen.descent else 0, left.seen.key)
    )


def _kind(each: Seen, everybody: dict[int, Seen], root: int) -> Kind | None:
    """Tell what a process counts as; None when it is the business of another, living one."""
    starter, start = each.descent.parent if each.descent is not None else (each.parent, 0)
    if starter == root:
        return Kind.ZOMBIE if each.ended else Kind.LEAKED_PROCESS
    above = everybody.get(starter)
    lives = above is not None and not above.ended and start in (0, above.start)
    return None if lives or each.ended else Kind.ORPHAN


def _below(each: Seen, mine: dict[int, Seen]) -> Iterator[Seen]:
    """Yield the living processes that descend from one."""
    for other in mine.values():
        if not other.ended and other is not each and _descends(other, each, mine):
            yield other


def _descends(other: Seen, each: Seen, mine: dict[int, Seen]) -> bool:
    passed: set[int] = set()
    current: Seen | None = other
    while current is not None and current.pid not in passed:
        passed.add(current.pid)
        starter = current.descent.parent[0] if current.descent is not None else current.parent
        if starter == each.pid:
            return True
        current = mine.get(starter)
    return False
