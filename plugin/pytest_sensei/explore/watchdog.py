"""Looks, in real time, whether an exploration still moves: it must never hang in a call that is not under control."""

from __future__ import annotations

import _thread
import ctypes
import signal
import threading
from contextlib import contextmanager
from time import process_time
from typing import TYPE_CHECKING

from pytest_sensei.explore.scheduler import let_go_on
from pytest_sensei.explore.task import Unwind
from pytest_sensei.primitives.runtime import monotonic
from pytest_sensei.watch import frames
from pytest_sensei.watch.places import is_user_file, place_of, user_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from pytest_sensei.explore.scheduler import Scheduler
    from pytest_sensei.explore.signals import Signals

LOOK_EVERY = 0.25  # seconds of real time
PATIENCE = 5.0  # seconds of real time that one step may take
BUSY = 0.1  # of that time spent computing, by the one thread that may run: it does not wait


class Escaped(Exception):
    """A task does something that an exploration cannot control; the text says what and where."""


class Watchdog:
    """Ends an execution of which one step takes too long."""

    def __init__(self, current: Callable[[], Scheduler | None], signals: Signals, root: str | None) -> None:
        self._current = current
        self._signals = signals
        self._root = root
        self._patience = PATIENCE
        self._over = _thread.allocate_lock()
        self._over.acquire()
        self._gone = _thread.allocate_lock()
        self._main = threading.main_thread().ident or 0

    def start(self) -> None:
        self._gone.acquire()
        _thread.start_new_thread(self._watch, ())

    def stop(self) -> None:
        self._over.release()
        self._gone.acquire()

    def _watch(self) -> None:
        try:
            last: object = None
            since = monotonic()
            spent = process_time()
            while not self._over.acquire(timeout=LOOK_EVERY):
                execution = self._current()
                state = None if execution is None or execution.main.ended else execution.progress()
                if execution is None or state is None or state != last:
                    last, since, spent = state, monotonic(), process_time()
                elif monotonic() - since > self._patience:
                    self._end(execution, busy=process_time() - spent > BUSY * self._patience)
                    last = None
        finally:
            self._gone.release()

    def _end(self, execution: Scheduler, *, busy: bool) -> None:
        task = execution.main if execution.over else execution.running
        if not execution.over:
            frame = frames.current().get(task.ident)
            execution.escape(task, Escaped(_words(task.name, _where(frame, self._root), busy=busy)))
        if task.ident != self._main:
            _raise_in(task.ident)
            let_go_on(execution.main)
            return
        self._signals.unwinding = True
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(self._main, signal.SIGINT)
        else:
            _thread.interrupt_main()


def _words(name: str, where: str, *, busy: bool) -> str:
    what = f"{name} takes more than {PATIENCE:.0f} seconds over one step {where}: "
    if busy:
        return what + (
            "it computes, and meanwhile touches nothing that other threads change; if this is a loop that waits "
            "for one of them, it does not read what that one writes (is a nonlocal, a global or a self missing?)"
        )
    return what + (
        "a call that waits for something outside the test cannot be explored "
        "(a socket, a process, a file, a lock made before the plugin was loaded)"
    )


def _where(frame: FrameType | None, root: str | None) -> str:
    if frame is None:
        return "somewhere"
    user = user_frame(frame)
    if user is None or not is_user_file(user.f_code.co_filename):
        return f"in {frame.f_code.co_name}() of {frame.f_globals.get('__name__')}"
    place = place_of(user.f_code, user.f_lineno or 0, root)
    return f"in {place.file}:{place.line}, {place.source!r}"


def _raise_in(ident: int) -> None:
    """End the thread as soon as it runs Python code again."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Unwind))


@contextmanager
def watched(current: Callable[[], Scheduler | None], signals: Signals, root: str | None) -> Iterator[None]:
    """Have an eye on the executions of a block."""
    dog = Watchdog(current, signals, root)
    dog.start()
    try:
        yield
    finally:
        dog.stop()
