"""What the tests have done. A process imports this module, so it can be told the functions by name."""

from __future__ import annotations

import os
from multiprocessing import get_context
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import stillness


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


def go_in(folder: Path, name: str, limit: int, caller: int) -> None:
    """Go in, stay until nobody is on its way who could come in, too, and note it when there are more than may be."""
    inside, enough = folder / "inside", folder / "enough"

    def one_too_many() -> bool:
        return len(list(inside.iterdir())) > limit

    (inside / name).touch()
    stillness.until_all_asleep(caller, unless=lambda: enough.exists() or one_too_many())
    if one_too_many():
        (folder / "too many").touch()
    enough.touch()  # all have come who can: the next ones need not wait
    (inside / name).unlink()


def stay_alone(folder: Path, name: str, caller: int) -> None:
    """Go in, and stay each time until nobody is on its way who could come in, too."""
    inside = folder / "inside"

    def not_alone() -> bool:
        return len(list(inside.iterdir())) > 1

    (inside / name).touch()
    stillness.until_all_asleep(caller, unless=not_alone)
    if not_alone():
        (folder / "too many").touch()
    (inside / name).unlink()


def leave_late(folder: Path, name: str, caller: int) -> None:
    """Leave a file when nobody else is at work: who does not wait for this job has gone on by then."""
    stillness.until_all_asleep(caller)
    (folder / name).touch()
