"""Signals during an exploration: their handlers may raise, which must not happen in the middle of our own code."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore.task import Unwind
from pytest_sensei.watch.places import frames_outward, is_our_file, is_user_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from pytest_sensei.explore.scheduler import Scheduler

    Handler = Callable[[int, FrameType | None], Any]


class Signals:
    """Handles signals at once in the test's own code, else as soon as it or its execution is left."""

    def __init__(self, current: Callable[[], Scheduler | None]) -> None:
        self._current = current
        self._handlers: dict[int, Handler] = {}
        self._waiting: list[int] = []
        self.unwinding = False  # the next signal is the watchdog's: it ends the main thread's step

    def install(self) -> None:
        for number in signal.valid_signals():
            handler = signal.getsignal(number)
            if handler is signal.SIG_IGN and number == signal.SIGINT:
                handler = _ignore  # a run in the background: the watchdog needs the signal all the same
            if callable(handler) and not isinstance(handler, signal.Handlers):
                self._handlers[number] = handler
                signal.signal(number, self._handle)

    def uninstall(self) -> None:
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, signal.SIG_IGN if handler is _ignore else handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.unwinding:
            self.unwinding = False
            execution = self._current()
            if execution is not None and not execution.main.ended:
                raise Unwind
            return  # it went on by itself
        if _is_in_the_test(frame):
            self._handlers[number](number, frame)
            return
        self._waiting.append(number)
        execution = self._current()
        if execution is not None:
            execution.interrupt(self.deliver)

    def replaced(self, number: int) -> object:
        """Return the handler that was there before ours."""
        handler = self._handlers.get(number)
        return signal.SIG_IGN if handler is _ignore else handler

    def deliver(self) -> None:
        """Handle the signals that had to wait. Their handlers may raise."""
        while self._waiting:
            number = self._waiting.pop(0)
            self._handlers[number](number, None)


def handlers() -> Iterator[object]:
    """Yield the handler of each signal, as it would be without an exploration."""
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        ours = getattr(handler, "__self__", None)
        yield ours.replaced(number) if isinstance(ours, Signals) else handler


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do what `SIG_IGN` does."""


def _is_in_the_test(frame: FrameType | None) -> bool:
    """Tell whether the innermost code that is not the standard library's is the user's."""
    for each in frames_outward(frame):
        name = each.f_code.co_filename
        if is_our_file(name):
            return False
        if is_user_file(name):
            return True
    return False


@contextmanager
def deferred(current: Callable[[], Scheduler | None]) -> Iterator[Signals]:
    """Have signals wait while our own code runs; handle those that still wait at the end."""
    signals = Signals(current)
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    signals.install()
    try:
        yield signals
    finally:
        signals.uninstall()
    signals.deliver()
