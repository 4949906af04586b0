"""What makes processes meet while they use shared memory. The tests put it in place before they fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import pytest
from pytest_sensei.dojo import stillness


def read_values_slowly(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let each process hold what it has read of a Value until another one has read it, too, or cannot."""
    parent = os.getpid()
    value: Any = vars(Synchronized)["value"]

    def read(self: Any) -> Any:
        result = value.fget(self)
        mine = folder / f"read.{os.getpid()}"
        if os.getpid() != parent and not mine.exists():
            mine.touch()
            stillness.until_all_asleep(parent, unless=lambda: len(list(folder.glob("read.*"))) > 1)
        return result

    monkeypatch.setattr(Synchronized, "value", property(read, value.fset))


def open_late(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let all but the first process open a block only when it has been removed, or will not be."""
    parent = os.getpid()
    removed = folder / "removed"
    init, unlink = SharedMemory.__init__, SharedMemory.unlink

    def slow_init(self: SharedMemory, *arguments: Any, **options: Any) -> None:
        if os.getpid() != parent and not is_first(folder):
            stillness.until_all_asleep(parent, unless=removed.exists)
        init(self, *arguments, **options)

    def unlink_and_tell(self: SharedMemory) -> None:
        unlink(self)
        removed.touch()

    monkeypatch.setattr(SharedMemory, "__init__", slow_init)
    monkeypatch.setattr(SharedMemory, "unlink", unlink_and_tell)


def open_for_two(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let each process that opens a block wait until another one opens it, too, and note whether one did."""
    parent = os.getpid()
    init = SharedMemory.__init__

    def in_company() -> bool:
        return len(list(folder.glob("here.*"))) > 1

    def slow_init(self: SharedMemory, *arguments: Any, **options: Any) -> None:
        if os.getpid() != parent:
            mine = folder / f"here.{os.getpid()}"
            mine.touch()
            stillness.until_all_asleep(parent, unless=in_company)
            (folder / ("met" if in_company() else "alone")).touch()
            mine.unlink()
        init(self, *arguments, **options)

    monkeypatch.setattr(SharedMemory, "__init__", slow_init)


def note_who_closes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Note which processes open a block and which close one; what the garbage collector closes does not count."""
    parent = os.getpid()
    init, close = SharedMemory.__init__, SharedMemory.close

    def noted_init(self: SharedMemory, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **options)
        if os.getpid() != parent:
            (folder / f"opened.{os.getpid()}").touch()

    def noted_close(self: SharedMemory) -> None:
        close(self)
        if sys._getframe(1).f_code.co_name != "__del__":  # noqa: SLF001 - nothing else tells
            (folder / f"closed.{os.getpid()}").touch()

    monkeypatch.setattr(SharedMemory, "__init__", noted_init)
    monkeypatch.setattr(SharedMemory, "close", noted_close)


class Unreadable(Sequence[float]):
    """Numbers of which the last one cannot be read."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, place: Any) -> Any:
        if place == 2:
            raise OSError("the disk is broken")
        if place in (0, 1):
            return 1.0
        raise IndexError(place)


def is_first(folder: Path) -> bool:
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def counted(function: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    """Note each call of a method, and with which word."""

    def count(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append("create" if options.get("create") or True in arguments else "call")
        return function(self, *arguments, **options)

    return count
