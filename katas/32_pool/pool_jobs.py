"""What the tests have the workers do. A worker imports this module, so it can be told the functions by name."""

from __future__ import annotations

import os
from multiprocessing import get_context, util
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


class Telling:
    """Gives a signal when it has arrived where it was sent; what arrives is `value`."""

    def __init__(self, value: Any, signal: Signal) -> None:
        self.value = value
        self.signal = signal

    def __reduce__(self) -> tuple[Any, ...]:
        return (arrive, (self.value, self.signal))


class TellingError(Exception):
    """An exception that does the same; a KeyError arrives."""

    def __reduce__(self) -> tuple[Any, ...]:
        text, signal = self.args
        return (arrive, (KeyError(text), signal))


def arrive(value: Any, signal: Signal) -> Any:
    signal.release()
    return value


def square(number: int) -> int:
    return number * number


def same(item: Any) -> Any:
    return item


def pid_of_worker(_item: object) -> int:
    return os.getpid()


def stay_late(caller: int) -> int:
    """Let the worker go home only when the caller sleeps: who does not wait for the workers goes on."""
    util.Finalize(None, stillness.until_asleep, args=(caller,), exitpriority=0)
    return os.getpid()


def take_long(caller: int) -> str:
    """Work until the caller has nothing to do but to wait."""
    stillness.until_all_asleep(caller)
    return "done"


def fail_late(caller: int) -> None:
    stillness.until_all_asleep(caller)
    raise ValueError("late")


def meet(signals: tuple[Signal, Signal]) -> int:
    """Wait for another job that does the same with the same two signals in the other order."""
    mine, yours = signals
    mine.release()
    yours.acquire()  # for ever, until the other job runs
    return os.getpid()


def odd_only(number: int) -> int:
    if number % 2 == 0:
        raise ValueError(f"{number} is even")
    return number


def first_or_last(item: tuple[str, Signal]) -> Any:
    """The job called "first" ends when the result of the last one has arrived."""
    name, last_has_arrived = item
    if name == "first":
        last_has_arrived.acquire()
        return name
    return Telling(name, last_has_arrived)


def fail_first_or_last(item: tuple[str, Signal]) -> None:
    """The job called "first" fails when the failure of the last one has arrived."""
    name, last_has_arrived = item
    if name == "first":
        last_has_arrived.acquire()
        raise KeyError(name)
    raise TellingError(name, last_has_arrived)


def fail_or_go_on(item: tuple[str, Signal, Path, int]) -> None:
    """One job fails, the other is still at work when that is known, and writes a file in the end."""
    name, failure_has_arrived, file, caller = item
    if name == "fail":
        raise TellingError("at once", failure_has_arrived)
    failure_has_arrived.acquire()
    stillness.until_all_asleep(caller)  # an answer that does not wait for this job has returned by then
    file.write_text("done")
