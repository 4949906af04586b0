"""A street with a light that notices who sleeps at it and who keeps looking; processes that turn it."""

# ruff: noqa: SLF001 - an event and a process tell outsiders nothing of what must be noticed here
from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing import queues, util
from typing import Any

import pytest
from pytest_sensei.dojo import stillness

LOOKS = 5  # so often a car may see red without having slept in between
SHORT = 1.0  # seconds; who waits for less is looking, not sleeping
PATIENCE = 1.0  # seconds that a car leaves for those before it to go home
AT_FIRST, AT_LAST = 1000, -1000  # priorities of what is done when a process ends
FEEDER = "QueueFeederThread"  # the thread of a Queue that sends what was put


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


def green_when_the_caller_sleeps_too(street: Street) -> None:
    street.wait_until_all_sleep()
    caller = multiprocessing.parent_process()
    assert caller is not None
    assert caller.pid is not None
    stillness.until_asleep(caller.pid)  # or until it has given up
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
        self._home = [multiprocessing.Event() for _ in cars]
        self._place: int | None = None  # of the car of this process, when it has crossed
        self._flushed = threading.Event()
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
        place = self._place = self.cars.index(names[0])
        self._gates[place].acquire(timeout=PATIENCE)
        util.Finalize(None, self._leave, exitpriority=AT_FIRST)
        util.Finalize(None, self._go_home, exitpriority=AT_LAST)

    def _leave(self) -> None:
        """Let the next car cross, if all that is left to this one is sending what it has put."""
        if any(thread.name == FEEDER for thread in threading.enumerate()):
            self._let_the_next_cross()

    def _go_home(self) -> None:
        assert self._place is not None
        self._home[self._place].set()
        self._let_the_next_cross()

    def _let_the_next_cross(self) -> None:
        assert self._place is not None
        if self._place > 0:
            self._gates[self._place - 1].release()

    # -- a Queue sends what was put some time later: here when the next car is at home, if nobody waits for it before

    def with_slow_queues(self, monkeypatch: pytest.MonkeyPatch) -> None:
        join_thread, pickler = queues.Queue.join_thread, queues._ForkingPickler  # type: ignore[attr-defined]
        street = self

        class SlowPickler(pickler):  # type: ignore[misc, valid-type]
            @classmethod
            def dumps(cls, *arguments: Any) -> Any:
                street._hold()
                return pickler.dumps(*arguments)

        def noticed_join_thread(queue: queues.Queue[Any]) -> None:
            street._flushed.set()
            join_thread(queue)

        monkeypatch.setattr(queues, "_ForkingPickler", SlowPickler)
        monkeypatch.setattr(queues.Queue, "join_thread", noticed_join_thread)

    def _hold(self) -> None:
        if not self._place or threading.current_thread().name != FEEDER:
            return
        for _ in range(100):
            if self._flushed.is_set() or self._home[self._place - 1].wait(PATIENCE / 100):
                return


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
