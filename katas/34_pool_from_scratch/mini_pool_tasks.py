"""What the tests have the workers do. A worker imports this module, so it can be told the functions by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing import get_context, util
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import stillness


class Signal(Semaphore):
    """A semaphore that can travel with a task, under every start method: it is opened again by its name.

    The primitives of multiprocessing refuse that. Do not copy this: it lives on internals.
    """

    def __init__(self) -> None:
        super().__init__(0, ctx=get_context("spawn"))  # under "spawn" the name is kept

    def __getstate__(self) -> tuple[Any, ...]:
        lock = self._semlock  # type: ignore[attr-defined]
        return (lock.handle, lock.kind, lock.maxvalue, lock.name)


def square(number: int) -> int:
    return number * number


def pid_of_worker() -> int:
    return os.getpid()


def meet(mine: Signal, yours: Signal) -> int:
    """Wait for another task that does the same with the same two signals in the other order."""
    mine.release()
    yours.acquire()  # for ever, until the other task is being done
    return os.getpid()


def wait_for(may_go_on: Signal) -> str:
    may_go_on.acquire()
    return "went on"


def wait_for_ever(has_begun: Signal, never: Signal) -> None:
    has_begun.release()
    never.acquire()


def fail(text: str) -> None:
    raise KeyError(text)


def exit_at_once(mark: Path) -> None:
    if is_begun_for_the_first_time(mark):
        os._exit(3)


def be_killed(mark: Path) -> None:
    if is_begun_for_the_first_time(mark):
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def is_begun_for_the_first_time(mark: Path) -> bool:
    """Leave a mark. Who does a task again whose worker has died shall not do so for ever."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def exit_when_joined(mark: Path, caller: int) -> None:
    stillness.until_asleep(caller)
    exit_at_once(mark)


def leave_slowly(mark: Path) -> None:
    """End the worker in such a way that its pipe has ended some time before it has itself."""
    if is_begun_for_the_first_time(mark):
        util.Finalize(None, time.sleep, args=(0.2,), exitpriority=0)
        sys.exit(3)


def stay_late(caller: int) -> str:
    """Take longer than the caller has anything to do but to wait."""
    stillness.until_all_asleep(caller)
    return "done"


def same(great: bytes) -> bytes:
    return great


def touch(file: Path, *_more: object) -> None:
    file.touch()
