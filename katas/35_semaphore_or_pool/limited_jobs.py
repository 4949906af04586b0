"""What the tests have done. A process imports this module, so it can be told the functions by name."""

from __future__ import annotations

import os
import time
from multiprocessing import get_context
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any

TURN_SECONDS = 0.01
TURNS = 40  # in which one more comes in, if it can


class Signal(Semaphore):
    """A semaphore that can travel with a job, under every start method: it is opened again by its name.

    The primitives of multiprocessing refuse that. Do not copy this: it lives on internals.
    """

    def __init__(self) -> None:
        super().__init__(0, ctx=get_context("spawn"))  # under "spawn" the name is kept

    def __getstate__(self) -> tuple[Any, ...]:
        lock = self._semlock  # type: ignore[attr-defined]
        return (lock.handle, lock.kind, lock.maxvalue, lock.name)


def leave_pid(folder: Path, name: str) -> None:
    (folder / name).write_text(str(os.getpid()))


def meet(mine: Signal, yours: Signal) -> None:
    """Wait for another job that does the same with the same two signals in the other order."""
    mine.release()
    yours.acquire()  # for ever, until the other job runs


def fail(text: str) -> None:
    raise ValueError(text)


def go_in(folder: Path, name: str, limit: int) -> None:
    """Go in, stay a while for others to come, and note it when there are more than may be."""
    inside, enough, too_many = folder / "inside", folder / "enough", folder / "too many"
    (inside / name).touch()
    if hasattr(os, "nice"):
        os.nice(19)  # behind those who are on their way, also where there are few cores for many processes
    for _ in range(TURNS):
        if len(list(inside.iterdir())) > limit:
            too_many.touch()
        if enough.exists() or too_many.exists():
            break
        time.sleep(TURN_SECONDS)
    enough.touch()  # nobody more came in: the next ones need not wait
    (inside / name).unlink()
