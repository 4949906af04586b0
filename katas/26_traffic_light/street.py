"""A street with a light that notices who sleeps at it and who keeps looking; processes that turn it."""

# ruff: noqa: SLF001 - an event and a process tell outsiders nothing of what must be noticed here
from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing import util
from typing import Any

LOOKS = 5  # so often a car may see red without having slept in between
SHORT = 1.0  # seconds; who waits for less is looking, not sleeping
PATIENCE = 1.0  # seconds that a car leaves for those before it to go home


def in_child() -> bool:
    return multiprocessing.parent_process() is not None


class Street:
    """The cars of one test, and their light. It must be made before anybody is forked."""

    def __init__(self, cars: Sequence[str]) -> None:
        self.cars = list(cars)
        self.light = multiprocessing.Event()
        self.polled = multiprocessing.Event()
        self.turned = multiprocessing.Event()  # a car has turned the light
        self.over = multiprocessing.Event()  # the test has got its answer
        self._asleep = multiprocessing.Semaphore(0)
        self._pids = multiprocessing.RawArray("q", 64)
        self._count = multiprocessing.Value("i", 0)
        self._looks = 0  # each process counts its own
        self._controller: multiprocessing.Process | None = None
        self._may_turn = False
        self._sleep = self.light._cond.wait
        self.light._cond.wait = self._noticed_sleep
        self.light.is_set = self._noticed(self.light.is_set)
        self.light.wait = self._noticed(self.light.wait)
        self.light.set = self._noticed_turn(self.light.set)
        self.light.clear = self._noticed_turn(self.light.clear)

    # -- what the light notices: only in the processes of cars

    def _noticed(self, look: Callable[..., bool]) -> Callable[..., bool]:
        def noticed(timeout: float | None = None) -> bool:
            green = look() if timeout is None else look(timeout)
            if not green and in_child():
                self._saw_red()
            return green

        return noticed

    def _saw_red(self) -> None:
        self._looks += 1
        if self._looks % LOOKS == 0:
            self.polled.set()
            self._asleep.release()  # the one who waits for sleepers shall not wait for ever

    def _noticed_turn(self, turn: Callable[[], None]) -> Callable[[], None]:
        def noticed() -> None:
            if in_child() and not self._may_turn:
                self.turned.set()
            turn()

        return noticed

    def _noticed_sleep(self, timeout: float | None = None) -> None:
        # Called with the light's own lock held: whoever takes that lock next finds this car asleep.
        if in_child() and (timeout is None or timeout >= SHORT):
            self._looks = 0
            with self._count.get_lock():
                self._pids[self._count.value] = os.getpid()
                self._count.value += 1
            self._asleep.release()
        self._sleep(timeout)

    def sleepers(self) -> set[int]:
        """Return the processes that have slept at the light."""
        return set(self._pids[: self._count.value])

    # -- who turns the light: a process beside the test

    def turned_by(self, control: Callable[[Street], None]) -> None:
        self._controller = multiprocessing.Process(target=self._control, args=(control,), name="controller")
        self._controller.start()

    def _control(self, control: Callable[[Street], None]) -> None:
        self._may_turn = True
        control(self)

    def close(self) -> None:
        if self._controller is not None:
            self._controller.terminate()
            self._controller.join()

    def wait_until_all_sleep(self) -> None:
        for _ in self.cars:
            self._asleep.acquire()

    def flash(self) -> None:
        """Turn the light green and red again before anybody is awake."""
        with self.light._cond:
            self.light._flag.release()
            self.light._cond.notify_all()
            self.light._flag.acquire()


def green_when_all_sleep(street: Street) -> None:
    street.wait_until_all_sleep()
    street.light.set()


def flash_first(street: Street) -> None:
    street.wait_until_all_sleep()
    street.flash()
    street.wait_until_all_sleep()
    if not street.over.wait(
        0.2
    ):  # nobody is waited for any more: then there is no green for those left behind
        street.light.set()


class Procession(Street):
    """Lets the last car cross first, and each other one when the one behind it has gone home."""

    def __init__(self, cars: Sequence[str]) -> None:
        super().__init__(cars)
        self._gates = [multiprocessing.Semaphore(0) for _ in cars]
        self._gates[-1].release()
        self.unknown = multiprocessing.Event()
        self.light.wait = self._in_turn(self.light.wait)

    def _in_turn(self, wait: Callable[..., bool]) -> Callable[..., bool]:
        def wait_for_turn(timeout: float | None = None) -> bool:
            green = wait(timeout)
            if green and in_child():
                self._take_turn()
            return green

        return wait_for_turn

    def _take_turn(self) -> None:
        names = [name for name in values_of(multiprocessing.current_process()) if name in self.cars]
        if not names:
            self.unknown.set()
            return
        place = self.cars.index(names[0])
        self._gates[place].acquire(timeout=PATIENCE)
        if place > 0:  # after all else that a process does at its end
            util.Finalize(None, self._gates[place - 1].release, exitpriority=-1000)


def values_of(process: Any) -> Iterable[str]:
    """Yield the texts that a process was made with: one of them is its car's name."""
    target = process._target
    handed = [process._args, process._kwargs.values(), vars(process).values()]
    if isinstance(target, partial):
        handed += [target.args, target.keywords.values()]
    if getattr(target, "__self__", None) is not None and hasattr(target.__self__, "__dict__"):
        handed += [vars(target.__self__).values()]
    for values in handed:
        yield from (value for value in values if isinstance(value, str))
