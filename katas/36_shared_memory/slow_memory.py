"""What makes processes meet while they use shared memory. The tests put it in place before they fork."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import pytest

# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURN_SECONDS = 0.01
TURNS = 100  # in which somebody else comes, who has nothing to wait for
FEW_TURNS = 20


def wait_for(folder: Path, pattern: str, number: int = 1, turns: int = TURNS) -> None:
    """Wait a while until there are so many files."""
    for _ in range(turns):
        if len(list(folder.glob(pattern))) >= number:
            return
        time.sleep(TURN_SECONDS)


def read_values_slowly(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let each process hold what it has read of a Value until another one has read it, too, or cannot."""
    parent = os.getpid()
    value: Any = vars(Synchronized)["value"]

    def read(self: Any) -> Any:
        result = value.fget(self)
        mine = folder / f"read.{os.getpid()}"
        if os.getpid() != parent and not mine.exists():
            mine.touch()
            wait_for_the_other(self)
        return result

    def write(self: Any, new: Any) -> None:
        if os.getpid() != parent:
            wait_for_the_other(self)
        value.fset(self, new)

    def wait_for_the_other(self: Any) -> None:
        if not has_its_lock(self):  # who has it keeps the other one out, and need not wait
            wait_for(folder, "read.*", 2)

    monkeypatch.setattr(Synchronized, "value", property(read, write))


def has_its_lock(value: Any) -> bool:
    semaphore = getattr(value.get_lock(), "_semlock", None)
    return semaphore is not None and semaphore._is_mine()  # noqa: SLF001 - nobody else tells


def open_late(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let all but the first process open a block only when it has been removed, or will not be."""
    parent = os.getpid()
    init, unlink, join = SharedMemory.__init__, SharedMemory.unlink, BaseProcess.join

    def slow_init(self: SharedMemory, *arguments: Any, **options: Any) -> None:
        if os.getpid() != parent and not is_first(folder):
            wait_for(folder, "[rj]*")  # "removed", or "joining": then another worker may still remove it
            wait_for(folder, "removed", turns=FEW_TURNS)
        init(self, *arguments, **options)

    def tell_and_join(self: BaseProcess, timeout: float | None = None) -> None:
        (folder / "joining").touch()
        join(self, timeout)

    def unlink_and_tell(self: SharedMemory) -> None:
        unlink(self)
        (folder / "removed").touch()

    monkeypatch.setattr(SharedMemory, "__init__", slow_init)
    monkeypatch.setattr(SharedMemory, "unlink", unlink_and_tell)
    monkeypatch.setattr(BaseProcess, "join", tell_and_join)


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
