"""Blocks of shared memory that the test or its children made and nobody unlinked, or that stay in use."""

from __future__ import annotations

import contextlib
import json
import linecache
import multiprocessing
import os
from dataclasses import asdict, dataclass
from multiprocessing import queues, shared_memory
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Place, Resource
from pytest_sensei.primitives import memory
from pytest_sensei.watch import procfs
from pytest_sensei.watch.leaked_ends import user_site
from pytest_sensei.watch.places import line_of, relative
from pytest_sensei.watch.source import assigned_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pytest_sensei.primitives.memory import Block

_ON_REQUEST = frozenset(
    function.__code__
    for function in (
        shared_memory.ShareableList.__init__, multiprocessing.connection._ConnectionBase.recv,
        queues.Queue.get, queues.SimpleQueue.get,
    )
)  # fmt: skip
"""The standard library's own steps to a block that is the user's. What a manager makes, it unlinks itself."""
_MAKERS = frozenset({"SharedMemory", "ShareableList"})
_FOLDER = "memory"
_FILE = "{}.{}"  # process identifier and start


@dataclass(frozen=True, slots=True)
class Made:
    """A block and who made it where: what a child tells of it, and what we know of our own."""

    name: str
    size: int
    identity: tuple[int, int] | None
    tracker: tuple[int, int] | None  # the resource tracker that was told
    process: str
    pid: int
    serial: int
    file: str
    line: int
    function: str
    first_line: int  # of the function

    @property
    def co_filename(self) -> str:
        return self.file

    @property
    def co_name(self) -> str:
        return self.function

    @property
    def co_firstlineno(self) -> int:
        return self.first_line

    @property
    def exists(self) -> bool:
        """Tell whether the block is still there."""
        return memory.exists(self.name, self.identity)


def made_by_project(block: Block) -> Made | None:
    """Return what there is to tell of a block; None when it is not the project's to close and unlink."""
    site = user_site(block.made, _ON_REQUEST)
    if site is None:
        return None
    code, lasti = site
    return Made(
        block.name, block.size, block.identity, block.tracker, multiprocessing.current_process().name, os.getpid(),
        block.serial, code.co_filename, line_of(code, lasti), code.co_name, code.co_firstlineno,
    )  # fmt: skip


# -- what children tell


class Announcing:
    """Writes down, where the watching process will read it, what this child makes and unlinks."""

    def __init__(self, folder: Path, pid: int, start: int) -> None:
        self._path = folder / _FOLDER / _FILE.format(pid, start)

    def made(self, block: Block) -> None:
        found = made_by_project(block)
        if found is not None:
            self._write(asdict(found))

    def unlinked(self, name: str) -> None:
        self._write({"unlinked": name})

    def _write(self, words: dict[str, object]) -> None:
        with contextlib.suppress(OSError):  # the run may be over
            self._path.parent.mkdir(exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(words) + "\n")


@dataclass(frozen=True, slots=True)
class Told:
    """What the children have told: the blocks that they made, and the names that they unlinked."""

    made: tuple[Made, ...] = ()
    unlinked: frozenset[str] = frozenset()


def told_in(folder: Path | None) -> Told:
    """Read what the children have told, all but those that still run: they may unlink it yet."""
    if folder is None or not (folder / _FOLDER).is_dir():
        return Told()
    made, unlinked = [], set()
    for path in sorted((folder / _FOLDER).iterdir()):
        pid, start = map(int, path.name.split("."))
        runs = _runs(pid, start)
        for words in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if "unlinked" in words:
                unlinked.add(words["unlinked"])
            elif not runs:
                pairs = {key: tuple(words[key]) for key in ("identity", "tracker") if words[key] is not None}
                made.append(Made(**{**words, **pairs}))
    return Told(tuple(made), frozenset(unlinked))


def _runs(pid: int, start: int) -> bool:
    found = procfs.stat(pid)
    return found is not None and found.start == start and not found.ended


# -- looking


@dataclass(frozen=True, slots=True)
class Left:
    """A block that was left: not unlinked, not closed, or neither."""

    made: Made
    linked: bool  # nobody has unlinked it
    open: bool = False  # this process still uses it
    collected: bool = False  # nobody closed it before the garbage collector did
    target: Any = None


def look(concerns: Callable[[int], bool], told: Told, *, strict: bool) -> list[Left]:
    """Return what was left, of our own serials that concern us and of what the children told."""
    own = [_own(block, strict=strict) for block in list(memory.blocks.values()) if concerns(block.serial)]
    theirs = [Left(made, linked=True) for made in told.made if _is_linked(made, told)]
    return [left for left in own if left is not None] + theirs


def _own(block: Block, *, strict: bool) -> Left | None:
    made, target = made_by_project(block), block()
    if made is None:
        return None
    linked = block.makes and not block.unlinked and block.exists
    in_use = target is not None and not block.closed
    collected = target is None and not block.closed
    if linked or in_use or (collected and strict):
        return Left(made, linked, in_use, collected, target)
    return None


def _is_linked(made: Made, told: Told) -> bool:
    """Tell whether a child's block is left, or went away only because the child's own tracker swept up."""
    if made.exists:
        return True
    own_tracker = made.tracker is not None and made.tracker != memory.tracker()
    return own_tracker and made.name not in told.unlinked | {
        block.name for block in memory.blocks.values() if block.unlinked
    }


# -- telling


def diagnose(left: Left, root: str | None) -> Diagnosis:
    """Explain one block."""
    made = left.made
    place = Place(
        relative(made.file, root), made.line, made.function, linecache.getline(made.file, made.line).strip()
    )
    names = assigned_at(made, made.line, _MAKERS)
    name = names[0] if len(names) == 1 else made.name.lstrip("/")
    return Diagnosis(
        kind=Kind.LEAKED_SHARED_MEMORY,
        summary=f"the block of shared memory {name} was never {_what_is_missing(left)}",
        actors=(Actor("a1", made.process, made.pid, "MainThread", _state_of(made)),),
        resources=(Resource("r1", "SharedMemory", name, place, _state(left)),),
        culprits=(place,),
    )


def _what_is_missing(left: Left) -> str:
    missing = [word for word, is_missing in (("closed", left.open or left.collected), ("unlinked", left.linked))
               if is_missing]  # fmt: skip
    return " or ".join(missing)


def _state_of(made: Made) -> str:
    return "running" if made.pid == os.getpid() else "ended"


def _state(left: Left) -> str:
    facts = [f"{left.made.size} bytes"]
    if left.made.pid != os.getpid():
        facts.append(f"made by {left.made.process}")
    if left.linked and not left.made.exists:
        facts.append("swept up by the resource tracker when its maker ended")
    if left.open:
        facts.append("still in use here")
    if left.collected:
        facts.append("garbage collected without close()")
    return ", ".join(facts)


# -- mending


def remove(left: Iterable[Left]) -> None:
    """Unlink and close what was told, for the next test, and for the resource tracker to have nothing to say."""
    for each in left:
        if each.linked and each.made.exists:
            if each.target is not None:
                each.target.unlink()
            else:
                memory.remove(each.made.name, each.made.tracker)
        if each.open:
            with contextlib.suppress(BufferError, OSError):  # somebody still has a view of it
                each.target.close()
