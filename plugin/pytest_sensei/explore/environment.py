"""What surrounds an exploration: the world held still, so that only the schedule makes a difference."""

from __future__ import annotations

import contextvars
import functools
import gc
import io
import itertools
import random
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import futures, hooks, stdlib
from pytest_sensei.explore.access import Access
from pytest_sensei.explore.clock import virtual_time
from pytest_sensei.explore.kept import Kept
from pytest_sensei.explore.signals import Signals, deferred
from pytest_sensei.explore.swap import Coverage, instrumented
from pytest_sensei.explore.watchdog import watched
from pytest_sensei.primitives import children, runtime
from pytest_sensei.primitives.undisturbed import no_collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_sensei.explore.execution import Execution
    from pytest_sensei.explore.task import Task

COLLECT_EVERY = 64  # executions
SECOND = 2  # execution


class World:
    """Runs executions one after the other, each from the same start as far as that is in our hands."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.coverage = Coverage()
        self._quiet = quiet  # what the test prints is worth showing once, not a thousand times
        self.execution: Execution | None = None
        self.signals: Signals | None = None
        self.kept: Kept | None = None
        self.left: Kept | None = None  # by the first execution, if it changed anything
        self._random = random.getstate()
        self._count = 0
        self._ended_threads = False  # the last execution has left some that went with it
        self._forking: Task | None = None

    def identify(self, obj: object) -> int:
        """Be `id`, but the same in each execution."""
        execution = self.execution
        return id(obj) if execution is None else execution.names.identify(obj)

    def passed(self) -> float | None:
        """Return the virtual seconds since the start, to a task; None to others."""
        execution = self.execution
        return execution.read_clock() if execution is not None and execution.controls() else None

    def access(self, obj: object, field: object, kind: Access, value: object) -> None:
        """Between executions nobody listens."""

    def step_aside(self) -> None:
        """Before a fork: what runs in the child before it can forget the exploration must not announce itself."""
        if self.execution is not None:
            self._forking = self.execution.by_ident.pop(runtime.get_ident(), None)

    def step_back(self) -> None:
        """In the parent, after the fork."""
        forking, self._forking = self._forking, None
        if self.execution is not None and forking is not None:
            self.execution.by_ident[forking.ident] = forking

    def forget(self) -> None:
        """In a forked child: it has one thread, its own time and its own signals, and nobody explores it."""
        hooks.observe_with(None)
        execution, self.execution = self.execution, None
        if execution is not None:
            execution.by_ident.clear()
        if self.signals is not None:
            self.signals.uninstall()

    def run(self, execution: Execution, body: Callable[[], object]) -> None:
        """Run one execution of a test body."""
        if self.signals is not None:
            self.signals.deliver()
        self._count += 1
        if self._count % COLLECT_EVERY == 0:
            gc.collect(1)
        if self._count == SECOND and self.kept is not None:
            self.left = self.kept.now()
        self.restore()
        _number_threads_afresh()
        self.execution = execution
        out = sys.stdout, sys.stderr
        if self._quiet and execution.recorder is None:
            sys.stdout = sys.stderr = _NOWHERE
        runtime.explore_with(execution)
        hooks.observe_with(execution)
        try:
            contextvars.copy_context().run(execution.run, body)
        finally:
            self._ended_threads = bool(execution.stood)
            hooks.observe_with(None)
            self.execution = None
            sys.stdout, sys.stderr = out

    def restore(self) -> None:
        """Put back what an execution may have left otherwise than it was."""
        random.setstate(self._random)
        if self.kept is not None:
            self.kept.restore()

    def close(self) -> None:
        """After the last execution."""
        runtime.explore_with(None)
        random.setstate(self._random)
        if self._ended_threads and self.kept is not None:
            self.kept.restore()  # an executor would rely on its threads, and wait for them for ever


def _number_threads_afresh() -> None:
    """Give threads without a name the same one in each execution."""
    threading._counter = itertools.count(1).__next__  # type: ignore[attr-defined]
    ThreadPoolExecutor._counter = itertools.count().__next__  # type: ignore[attr-defined]


@contextmanager
def _thread_numbers_kept() -> Iterator[None]:
    kept = threading._counter, ThreadPoolExecutor._counter  # type: ignore[attr-defined]
    try:
        yield
    finally:
        threading._counter, ThreadPoolExecutor._counter = kept  # type: ignore[attr-defined]


@contextmanager
def _lasting_ids(world: World, modules: Iterable[types.ModuleType]) -> Iterator[None]:
    """Let `id`, and the order of sets, depend on the program alone, not on where objects happen to lie."""
    changed = [vars(module) for module in modules if "id" not in vars(module)]
    for names in changed:
        names["id"] = world.identify
    hooks.order_sets(world.identify)
    try:
        yield
    finally:
        hooks.order_sets(None)
        for names in changed:
            del names["id"]


class _Nowhere(io.TextIOBase):
    """Where the output of all executions goes but the one that is reported."""

    def write(self, text: str) -> int:
        return len(text)


_NOWHERE = _Nowhere()


@contextmanager
def held_still(
    modules: Iterable[types.ModuleType],
    *,
    quiet: bool = False,
    lasting_ids: bool = False,
    given: Iterable[object] | None = (),
    root: str | None = None,
) -> Iterator[World]:
    """Instrument the code under test, and keep everything else that moves by itself from moving.

    `given`: what the test was called with, which is put back before each execution as the code under test is;
    None: nothing is.
    """
    modules = list(modules)
    world = World(quiet=quiet)
    watcher = runtime.watcher
    with ExitStack() as stack:
        stack.enter_context(no_collection())
        world.coverage = stack.enter_context(instrumented(modules, world))
        stack.enter_context(virtual_time(world, modules))
        stack.enter_context(stdlib.announcing(world, modules))
        stack.enter_context(futures.in_order(world))
        stack.enter_context(_announcing_events(world))
        stack.enter_context(_announcing_notifications(world))
        stack.enter_context(_thread_numbers_kept())
        if lasting_ids:
            stack.enter_context(_lasting_ids(world, modules))
        world.signals = stack.enter_context(deferred(lambda: world.execution))
        stack.enter_context(watched(lambda: world.execution, world.signals, root))
        runtime.watch_with(None)
        stack.enter_context(_leaving_out_children(world))
        world.kept = Kept(modules, given) if given is not None else None
        try:
            yield world
        finally:
            world.close()
            runtime.watch_with(watcher)


@contextmanager
def _leaving_out_children(world: World) -> Iterator[None]:
    """Let forked children be no part of the exploration."""
    calls = (
        (children.before_fork, world.step_aside),
        (children.after_fork_here, world.step_back),
        (children.after_fork, world.forget),
    )
    for registry, call in calls:
        registry["exploration"] = call
    try:
        yield
    finally:
        for registry, _call in calls:
            registry.pop("exploration", None)


@contextmanager
def _announcing_events(world: World) -> Iterator[None]:
    """Let `Event.is_set` be seen: it looks without a lock. So does whoever polls it in a loop."""
    is_set, set_, clear = threading.Event.is_set, threading.Event.set, threading.Event.clear

    def announced_is_set(self: Any) -> bool:
        if world.execution is not None:
            world.execution.access(self, "_flag", Access.READ, None)
        return bool(self._flag)

    def announced_set(self: Any) -> None:
        with self._cond:
            if world.execution is not None:
                world.execution.access(self, "_flag", Access.WRITE, True)
            self._flag = True
            self._cond.notify_all()

    def announced_clear(self: Any) -> None:
        with self._cond:
            if world.execution is not None:
                world.execution.access(self, "_flag", Access.WRITE, False)
            self._flag = False

    ours = {"is_set": announced_is_set, "set": announced_set, "clear": announced_clear}
    theirs = {"is_set": is_set, "set": set_, "clear": clear}
    for name, function in ours.items():
        function.__name__ = name
        function.__qualname__ = f"Event.{name}"
        setattr(threading.Event, name, function)
    try:
        yield
    finally:
        for name, original in theirs.items():
            setattr(threading.Event, name, original)


@contextmanager
def _announcing_notifications(world: World) -> Iterator[None]:
    """Let a call of `notify` be known that nobody hears: no wait or lock shows it."""
    notify = threading.Condition.notify

    @functools.wraps(notify)
    def announced(self: threading.Condition, n: int = 1) -> None:
        if world.execution is not None:
            world.execution.notified(self)
        notify(self, n)

    threading.Condition.notify = announced  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Condition.notify = notify  # type: ignore[method-assign]


def uses_thread_locals(modules: Iterable[types.ModuleType]) -> bool:
    """Tell whether the code under test may keep data per thread: then each task needs a thread of its own."""
    return any(_mentions(vars(module).values(), "local") for module in modules)


def _mentions(values: Iterable[object], name: str) -> bool:
    for value in list(values):
        if value is threading.local or isinstance(value, threading.local):
            return True
        if isinstance(value, types.FunctionType) and _code_mentions(value.__code__, name):
            return True
        if isinstance(value, type) and (
            issubclass(value, threading.local) or _mentions(_functions(value), name)
        ):
            return True
    return False


def _functions(owner: type) -> Iterator[object]:
    for value in vars(owner).values():
        inner = getattr(value, "__func__", getattr(value, "fget", value))
        if isinstance(inner, types.FunctionType):
            yield inner


def _code_mentions(code: types.CodeType, name: str) -> bool:
    if name in code.co_names:
        return True
    return any(_code_mentions(const, name) for const in code.co_consts if isinstance(const, types.CodeType))


__all__ = ["World", "held_still", "uses_thread_locals"]
