"""Threads of the standard library and the test runner, each with the reason to leave it alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import thread as futures_thread
from types import FrameType

from pytest_sensei.watch import frames
from pytest_sensei.watch.places import frames_outward

Service = Callable[[threading.Thread | None, FrameType | None], bool]


def _root_module(frame: FrameType | None) -> str:
    """Return the module of the outermost frame that is not `threading`'s own start-up."""
    module = ""
    current: FrameType | None = frame
    while current is not None:
        name = current.f_globals.get("__name__", "")
        if name != "threading" and not name.startswith("pytest_sensei.primitives"):
            module = name
        current = current.f_back
    return module


_first_threads: set[int] = set()
_runners: set[str] = {"execnet"}


def remember_first_threads(plugins: Iterable[str] = ()) -> None:
    """Remember the threads that were there before the first test, and the modules of pytest's plugins.

    A package that is called `pytest_...` is a plugin as a whole; of another one, a plugin's module may be a part only.
    """
    _first_threads.update(frames.idents())
    for name in plugins:
        package = name.partition(".")[0]
        _runners.add(package if package.startswith("pytest") else name)


def is_of_a_runner(ident: int, frame: FrameType | None) -> bool:
    """Threads of pytest's plugins that were there before the first test know nothing of its objects.

    execnet's receiver reads messages of the xdist controller, a server of pytest-rerunfailures counts failures.
    One that a test has started, with a pytest run of its own say, is the test's.
    """
    if ident not in _first_threads:
        return False
    module = _root_module(frame)
    return any(module == runner or module.startswith(f"{runner}.") for runner in _runners)


def is_timeout_timer(thread: threading.Thread | None, _frame: FrameType | None) -> bool:
    """pytest-timeout's timer thread only ends the test when its time is over."""
    return thread is not None and thread.name.startswith("pytest_timeout ")


def is_debugger(thread: threading.Thread | None, _frame: FrameType | None) -> bool:
    """A debugger's threads talk to the editor."""
    return thread is not None and (
        getattr(thread, "is_pydev_daemon_thread", False) or thread.name.startswith("pydevd.")
    )


def is_coverage(_thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """coverage.py's own threads store what was measured."""
    return _root_module(frame).startswith("coverage.")


def is_exploring(_thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """Our own pool of threads that carry explorations."""
    return _root_module(frame).startswith("pytest_sensei.explore")


RUNNER_SERVICES: tuple[Service, ...] = (is_timeout_timer, is_debugger, is_coverage, is_exploring)
"""Never able to wake what a test waits for, never a leak; so are those of plugins."""


def is_runner_service(ident: int, thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """Tell whether a thread belongs to the test runner."""
    return is_of_a_runner(ident, frame) or any(service(thread, frame) for service in RUNNER_SERVICES)


def is_idle_executor_worker(thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """An executor in use keeps its idle workers by design; it ends them when it is collected."""
    if thread not in futures_thread._threads_queues:
        return False
    names = set()
    current: FrameType | None = frame
    while current is not None:
        names.add((current.f_globals.get("__name__"), current.f_code.co_name))
        current = current.f_back
    return ("concurrent.futures.thread", "run") not in names


def is_queue_feeder(thread: threading.Thread | None, _frame: FrameType | None) -> bool:
    """A multiprocessing queue's feeder ends with its queue; the queue is judged, not the thread."""
    return thread is not None and thread.name == "QueueFeederThread"


def is_resource_sharer(_thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """Hands out descriptors to processes that unpickle them; multiprocessing keeps it once it was needed."""
    names = {(f.f_globals.get("__name__"), f.f_code.co_name) for f in frames_outward(frame)}
    return ("multiprocessing.resource_sharer", "_serve") in names


def is_loky(_thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """loky keeps one executor for the next call, with a thread; it ends its workers itself when they are idle."""
    names = {f.f_globals.get("__name__", "") for f in frames_outward(frame)}
    return any("loky.process_executor" in name for name in names)


def is_idle_trio_worker(_thread: threading.Thread | None, frame: FrameType | None) -> bool:
    """Trio keeps a thread that has done its job for the next one; after some seconds it ends by itself."""
    names = {(f.f_globals.get("__name__"), f.f_code.co_name) for f in frames_outward(frame)}
    cache = "trio._core._thread_cache"
    return (cache, "_work") in names and (cache, "_handle_job") not in names


STANDARD_SERVICES: tuple[Service, ...] = (
    is_idle_executor_worker,
    is_queue_feeder,
    is_resource_sharer,
    is_loky,
    is_idle_trio_worker,
)
"""Able to act, but not a leak."""


def is_known_service(thread: threading.Thread, frame: FrameType | None) -> bool:
    """Tell whether a thread that outlives its test is one that does so by design."""
    return is_runner_service(thread.ident or 0, thread, frame) or any(
        service(thread, frame) for service in STANDARD_SERVICES
    )


def family_service(frame: FrameType) -> str | None:
    """Tell what a server thread of multiprocessing waits for while it is idle; None: it is none, or is busy.

    A manager's threads and the one that hands out descriptors do nothing but what they are asked for: by
    anybody of the family who connects ("family"), or by a thread beside them ("inside").
    """
    names = {(f.f_globals.get("__name__"), f.f_code.co_name) for f in frames_outward(frame)}
    if ("multiprocessing.managers", "serve_forever") in names:
        return "inside"
    accepting = (frame.f_globals.get("__name__"), frame.f_code.co_name) == ("socket", "accept")
    return "family" if accepting and names & _ACCEPTERS else None


_ACCEPTERS = {("multiprocessing.managers", "accepter"), ("multiprocessing.resource_sharer", "_serve")}
